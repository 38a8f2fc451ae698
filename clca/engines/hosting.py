"""How a hosted model is asked and what it may cost: knobs that do not decide what it replies, and rerun nothing."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Price(BaseModel):
    """What tokens cost, in US dollars per million."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0)
    output: float = Field(ge=0)

    def of(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Cost in US dollars."""
        return (prompt_tokens * self.input + completion_tokens * self.output) / 1e6


class Hosting(BaseModel):
    """The knobs of one entry of the configuration's `models`, and where its use is accounted for.

    Attributes:
        concurrency: Requests under way at a time.
        timeout: Seconds without a sign of the reply after which a request is made again.
        retries: How often a request is made again before it is given up.
        price: What the model costs; None where nobody said.
        spending_cap: US dollars that all stages of a results folder together may spend on the model; needs a price.
        journals: Where the journals of all stages lie: what the cap counts.
        usage: File that is told tokens and cost of a stage; None for nowhere.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    concurrency: int = Field(default=16, ge=1)
    timeout: float = Field(default=300.0, gt=0)
    retries: int = Field(default=8, ge=0)
    price: Price | None = None
    spending_cap: float | None = Field(default=None, gt=0)
    journals: Path | None = None
    usage: Path | None = None

    @classmethod
    def of(
        cls, config: Mapping[str, Any], model: str | os.PathLike[str], log: str | os.PathLike[str] | None = None
    ) -> "Hosting":
        """The knobs of the model described in `resources/models/{model}.json`, for the stage that logs to `log`.

        Args:
            config: The whole configuration, checked.
            log: The stage's log; its usage is written beside it as `*.usage.json`.
        """
        entry = config["models"][Path(model).name.removesuffix(".json")]
        knobs = ("concurrency", "timeout", "retries", "price", "spending_cap")
        return cls(
            **{key: entry[key] for key in knobs if key in entry},
            journals=Path(config["pathvars"]["results"]) / "journal",
            usage=None if log is None else Path(log).with_suffix(".usage.json"),
        )
