"""What a row of the bench is. Its modules import what they measure where they measure it: imports are part of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from measure import Line, Measured


@dataclass(frozen=True)
class Done:
    """What a call of `Side.work` did.

    Attributes:
        units: How much, in the row's unit.
        seconds: How long, where that is not all of the call.
    """

    units: float
    seconds: float | None = None


class Side:
    """One way of doing a row's work, in a process of its own.

    Args:
        folder: Shared by the sides of a row; empty at first. What rows share goes beside it.
    """

    own_process: ClassVar[bool] = False
    """Whether each call starts a process of its own, whose memory is what counts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self) -> None:
        """What is paid once, before the first unit."""

    def prepare(self, size: int, number: int) -> Any:
        """What is needed for `size` units, not timed. `number` differs by call: no call can live on another's work."""
        return size

    def work(self, prepared: Any) -> Done:
        """The work, timed."""
        raise NotImplementedError

    def facts(self, prepared: Any) -> dict[str, float]:
        """What else is to be known of the work just done; not timed."""
        return {}


@dataclass(frozen=True)
class Goal:
    """What a figure of a line is to be: at least, or at most, `limit`; `native` is the limit with native bfloat16."""

    figure: str
    sense: str
    limit: float
    native: float | None = None

    def bound(self, facts: dict[str, Any]) -> float:
        """The limit on this machine."""
        return self.native if self.native is not None and facts["native bfloat16"] else self.limit

    def met(self, value: float, facts: dict[str, Any]) -> bool:
        """Whether a value is good enough."""
        return value >= self.bound(facts) if self.sense == ">=" else value <= self.bound(facts)


@dataclass(frozen=True)
class Row:
    """One thing that costs users time.

    Attributes:
        name: For `--rows`.
        title: In the table.
        unit: What is counted.
        ours: Our side.
        size: Of a round.
        growth: Sizes for the exponent, one call each.
        quick: Size where only the code's path matters.
        reference: What users would otherwise run; None where that is nothing.
        reference_size: Of its rounds, where it is too slow for `size`.
        rounds: How many, in alternating order.
        goals: On its figures.
        bound: A side that measures how many of a resource this machine has a second, of which our side's fact
            `bounded` is what one call needs.
        model: Whether a language model is loaded.
        derived: Makes more lines from this row's measurements.
    """

    name: str
    title: str
    unit: str
    ours: type[Side]
    size: int
    growth: tuple[int, ...]
    quick: int
    reference: type[Side] | None = None
    reference_size: int | None = None
    rounds: int = 3
    goals: tuple[Goal, ...] = ()
    bound: type[Side] | None = None
    model: bool = False
    derived: Callable[["Measured"], list["Line"]] | None = None

    def quickly(self) -> "Row":
        """The same in tiny: what is then measured means nothing."""
        once = self.model or self.ours.own_process
        few = None if self.reference_size is None else min(self.reference_size, 2)
        tiny = {"size": self.quick, "growth": (self.quick,), "reference_size": few, "rounds": 1 if once else 2}
        return replace(self, **tiny)
