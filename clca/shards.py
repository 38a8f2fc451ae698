"""Shards: the parts that a stage is spread over, each filling the artifact's journal with its own requests."""

from typing import NamedTuple

import polars as pl


class Shard(NamedTuple):
    """One of so many parts, counted from 1."""

    number: int
    total: int

    @classmethod
    def of(cls, item: str) -> "Shard":
        """The shard that Snakemake calls `2-of-4`."""
        number, _, total = item.partition("-of-")
        return cls(int(number), int(total))

    def __str__(self) -> str:
        return f"{self.number}-of-{self.total}"

    def of_rows(self, rows: pl.DataFrame, without: str | None = None) -> pl.DataFrame:
        """The rows that are this shard's, in their order: every so manieth of the different ones, sorted.

        Each row is one shard's, equal rows the same one's, and shards differ by one row at most where none are equal.

        Args:
            rows: The whole table, the same for all shards.
            without: A column that does not make rows differ.
        """
        told_apart = pl.struct(pl.all().exclude(without or "")).rank("dense")
        return rows.filter((told_apart - 1) % self.total == self.number - 1)
