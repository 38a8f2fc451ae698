"""One side of a row in a process of its own: `python tests/bench/worker.py ROW SIDE FOLDER`, calls on standard input.

Each line in is `[size, number]`, each line out what was measured; the first says that the side is loaded, the last how
much memory the process took at most.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

from bench_row import Side
from bench_rows import find


def main() -> None:
    """Load the side, then do what is asked."""
    # What libraries print must not meet what is measured.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def tell(**heard: object) -> None:
        print(json.dumps(heard), file=out, flush=True)

    side = getattr(find(sys.argv[1]), sys.argv[2])(Path(sys.argv[3]))
    side.load()
    tell(loaded=True)
    for asked in sys.stdin:
        size, number = json.loads(asked)
        prepared = side.prepare(size, number)
        started = time.perf_counter()
        done = side.work(prepared)
        seconds = time.perf_counter() - started
        tell(size=size, units=done.units, seconds=done.seconds or seconds, facts=side.facts(prepared))
    tell(peak=peak(side))


def peak(side: Side) -> float:
    """The most memory that the side's processes held, in megabytes; Linux counts in kilobytes."""
    if side.own_process:
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    # What getrusage says of this process begins with what the bench itself held when it started it.
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main()
