"""The last lines of a terminal, kept for the progress of running jobs while everything else scrolls above them.

As apt does it: the terminal is told to scroll all but its last lines (DECSTBM), and each picture is one write, so that
what other processes print at the same time stands above it whole.
"""

import atexit
import os
import threading
from collections.abc import Callable
from contextlib import suppress

from clca.watch import first

LEAST_ROWS = 10
"""Of a terminal that has room for it."""

_SAVE, _RESTORE, _DOWN = "\x1b7", "\x1b8", "\x1bD"
_STYLE = "\x1b[0;7m"


class Footer:
    """Draws lines until it is stopped; so it is when the process ends, but not when it is killed.

    Args:
        lines: Gives what is to be shown on a terminal so many columns wide.
        terminal: File descriptor of the terminal.
        every: Seconds between two pictures.
    """

    def __init__(self, lines: Callable[[int], list[str]], terminal: int, every: float = 1.0) -> None:
        self._lines, self._terminal, self._every = lines, terminal, every
        self._kept = 0
        self._size = (0, 0)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="footer", daemon=True)

    def start(self) -> None:
        """Begin to draw."""
        atexit.register(self.stop)
        self._thread.start()

    def stop(self) -> None:
        """Give the lines back to the terminal."""
        atexit.unregister(self.stop)
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()
        self.draw([])

    def draw(self, lines: list[str]) -> None:
        """One picture; a terminal that is gone or too small shows none."""
        with suppress(OSError):
            columns, rows = os.get_terminal_size(self._terminal)
            if self._size != (columns, rows):
                # Where the old lines are now is the terminal's secret.
                self._size, self._kept = (columns, rows), 0
            shown = first(lines, rows // 3) if rows >= LEAST_ROWS else []
            picture = self._make_room(len(shown), rows)
            top = rows - len(shown) + 1
            drawn = [f"\x1b[{top + index};1H{_STYLE}{line[:columns]:{columns}}" for index, line in enumerate(shown)]
            if drawn:
                picture += _SAVE + "".join(drawn) + _RESTORE
            if picture:
                os.write(self._terminal, picture.encode())

    def _make_room(self, lines: int, rows: int) -> str:
        """Let the terminal scroll all but its last lines; what stands there moves up, or what was kept is wiped."""
        more = lines - self._kept
        if more == 0:
            return ""
        self._kept = lines
        scroll = f"\x1b[1;{rows - lines}r" if lines else "\x1b[r"
        if more > 0:
            return _DOWN * more + _SAVE + scroll + _RESTORE + f"\x1b[{more}A"
        freed = range(rows - lines + more + 1, rows - lines + 1)
        return _SAVE + scroll + "".join(f"\x1b[{row};1H\x1b[0m\x1b[2K" for row in freed) + _RESTORE

    def _run(self) -> None:
        while not self._end.wait(self._every):
            with suppress(OSError):
                self.draw(self._lines(os.get_terminal_size(self._terminal).columns))
