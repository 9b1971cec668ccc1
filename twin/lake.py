"""The lake: landed rows as Parquet, cut by family and quarter-day, with the opening state of busy quarters.

    lake/manifest.json                                  what counts, and the log position it covers; replaced atomically
    lake/<family>/<quarter>/part-<first>-<last>.parquet rows of one flush, in the total order of `twin.latest`
    lake/<family>/<quarter>/opening-<position>.parquet  the latest row of every entity before the quarter began

Only files that the manifest names exist for a reader; anything else is the rest of an interrupted flush. Every file can
be read by polars, DuckDB or Spark; entities are codes whose names are in `lake/<family>/entities.parquet`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from events.observations import FAMILIES, Family
from twin.latest import in_order, landed_schema, latest

QUARTER_US = 6 * 3_600_000_000
"""Width of one partition."""

MARK_ROWS = 65_536
"""Rows between two time marks of a part, and rows of a Parquet row group."""

VERSION = 1
"""Of the lake's layout; another one is rebuilt from the log."""


class Part(msgspec.Struct, frozen=True):
    """One file of rows: path within the lake, rows, event time (UTC microseconds) of every MARK_ROWS-th row."""

    file: str
    rows: int
    marks: list[int]
    last_time: int


class Quarter(msgspec.Struct, frozen=True):
    """One partition: number of quarter-days since 1970, its parts, and the file of its opening state, if it has one."""

    number: int
    parts: list[Part] = []
    opening: str | None = None

    @property
    def rows(self) -> int:
        """Rows in all parts."""
        return sum(part.rows for part in self.parts)


class Manifest(msgspec.Struct, frozen=True):
    """What the lake holds, up to and including `position` of the log; `retired` files go at the next flush."""

    position: int = 0
    version: int = VERSION
    families: dict[str, list[Quarter]] = {}
    retired: list[str] = []


class Lake:
    """Reader of one lake directory, as of one manifest."""

    def __init__(self, directory: Path, manifest: Manifest) -> None:
        self.directory = directory
        self.manifest = manifest

    @property
    def position(self) -> int:
        """Log position that the lake covers."""
        return self.manifest.position

    def quarters(self, family: Family) -> list[Quarter]:
        """Partitions of a family, in order of time."""
        return self.manifest.families.get(family.name, [])

    def span(self) -> tuple[int, int] | None:
        """First and last event time in the lake (UTC microseconds), None when it is empty."""
        parts = [p for qs in self.manifest.families.values() for q in qs for p in q.parts]
        return (min(p.marks[0] for p in parts), max(p.last_time for p in parts)) if parts else None

    def before(self, family: Family, at: int, known: int) -> list[pl.DataFrame]:
        """Latest rows per entity with time ≤ `at` and position ≤ `known`, one frame a file, none in doubt.

        Reads back to the nearest opening state; entities whose opening row came after `known` are looked for further
        back, alone.
        """
        quarters = self.quarters(family)
        index = bisect_right([q.number for q in quarters], at // QUARTER_US) - 1
        found: list[pl.DataFrame] = []
        wanted: np.ndarray[tuple[int], np.dtype[np.uint32]] | None = None
        for quarter in reversed(quarters[: index + 1]):
            found += [
                latest(_known(self._upto(family, p, at), known, wanted)) for p in quarter.parts if p.marks[0] <= at
            ]
            if quarter.opening is None:
                continue
            opening = self._read(quarter.opening)
            found.append(_known(opening, known, wanted))
            doubt = opening.filter(pl.col("position") > known)["entity"].to_numpy()
            wanted = doubt if wanted is None else np.intersect1d(doubt, wanted)
            if not len(wanted):
                break
        return found

    def rows(self, family: Family, entities: Sequence[int] | None, low: int, high: int, known: int) -> pl.DataFrame:
        """All rows of some entities (None: all) with `low` ≤ time ≤ `high` and position ≤ `known`, in order."""
        near = [q for q in self.quarters(family) if low // QUARTER_US <= q.number <= high // QUARTER_US]
        files = [self.directory / part.file for quarter in near for part in quarter.parts]
        if not files:
            return pl.DataFrame(schema=landed_schema(family))
        kept = pl.col("time").dt.epoch("us").is_between(low, high) & (pl.col("position") <= known)
        if entities is not None:
            kept &= pl.col("entity").is_in(pl.Series(entities, dtype=pl.UInt32).implode())
        return in_order([pl.scan_parquet(files, hive_partitioning=False).filter(kept).collect()])

    def all_rows(self, family: Family) -> Iterator[tuple[int, pl.DataFrame]]:
        """Quarter numbers and all their rows, in order."""
        for quarter in self.quarters(family):
            yield quarter.number, in_order([self._read(part.file) for part in quarter.parts])

    def opening(self, quarter: Quarter) -> pl.DataFrame:
        """The opening state of a quarter that has one."""
        if quarter.opening is None:
            raise LookupError(f"quarter {quarter.number} has no opening state")
        return self._read(quarter.opening)

    def part_rows(self, quarter: Quarter) -> list[pl.DataFrame]:
        """Rows of each part of a quarter."""
        return [self._read(part.file) for part in quarter.parts]

    def _upto(self, family: Family, part: Part, at: int) -> pl.DataFrame:
        """Rows of a part with time ≤ `at`: a prefix, found by its marks."""
        if at >= part.last_time:
            return self._read(part.file)
        rows = self._read(part.file, min(bisect_right(part.marks, at) * MARK_ROWS, part.rows))
        return rows.head(int(np.searchsorted(rows["time"].dt.epoch("us").to_numpy(), at, side="right")))

    def _read(self, file: str, rows: int | None = None) -> pl.DataFrame:
        return pl.read_parquet(self.directory / file, n_rows=rows, hive_partitioning=False)


def open_lake(directory: Path) -> Lake:
    """The lake in `directory`; an absent, unreadable or other-versioned one is an empty lake at position 0."""
    try:
        manifest = msgspec.json.decode((directory / "manifest.json").read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError):
        manifest = Manifest()
    usable = manifest.version == VERSION and all(
        (directory / p.file).exists() for qs in manifest.families.values() for q in qs for p in q.parts
    )
    return Lake(directory, manifest if usable else Manifest())


def _known(rows: pl.DataFrame, known: int, wanted: np.ndarray[tuple[int], np.dtype[np.uint32]] | None) -> pl.DataFrame:
    kept = rows.filter(pl.col("position") <= known)
    return kept if wanted is None else kept.filter(pl.Series(np.isin(kept["entity"].to_numpy(), wanted)))


__all__ = ["FAMILIES", "Lake", "Manifest", "Part", "Quarter", "open_lake"]
