"""The lake: landed rows as Parquet, cut by family and quarter-day, with the opening state of busy quarters.

    lake/manifest.json                            what counts, and the log position it covers; replaced atomically
    lake/<family>/part-<position>-<n>.parquet     rows of one flush, or of quarters compacted, in the total order
    lake/<family>/opening-<quarter>-<position>.parquet   every entity's latest row before a quarter

A quarter's rows are slices of such files, so that a flush writes one file however many quarters it touches. Only what
the manifest names exists for a reader; anything else is the rest of an interrupted flush. Every file can be read by
polars, DuckDB or Spark; entities are codes whose names are in `lake/<family>/entities.parquet`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from events.observations import Family
from twin.latest import ORDER, in_order, landed_schema, latest

Codes = npt.NDArray[np.uint32]

QUARTER_US = 6 * 3_600_000_000
"""Width of one partition."""

MARK_ROWS = 65_536
"""Rows between two time marks of a part, and rows of a Parquet row group."""

VERSION = 2
"""Of the lake's layout; another one is rebuilt from the log."""


class Part(msgspec.Struct, frozen=True):
    """A slice of one file: first row, number of rows, event time (UTC microseconds) of every MARK_ROWS-th row."""

    file: str
    start: int
    rows: int
    marks: list[int]
    last_time: int

    def end(self, at: int | None) -> int:
        """Row of the file behind the slice's last row that may have time ≤ `at` (None: any)."""
        if at is None or at >= self.last_time:
            return self.start + self.rows
        return self.start + min(bisect_right(self.marks, at) * MARK_ROWS, self.rows)


class Quarter(msgspec.Struct, frozen=True):
    """One partition: number of quarter-days since 1970, its parts, and the file of its opening state, if it has one."""

    number: int
    parts: list[Part] = []
    opening: str | None = None

    @property
    def rows(self) -> int:
        """Rows in all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def start(self) -> int:
        """First instant of the quarter, UTC microseconds."""
        return self.number * QUARTER_US


class Manifest(msgspec.Struct, frozen=True):
    """What the lake holds, up to and including `position` of the log; `retired` files go at the next flush."""

    position: int = 0
    version: int = VERSION
    families: dict[str, list[Quarter]] = {}
    retired: list[str] = []

    def files(self) -> set[str]:
        """Every file that counts."""
        quarters = [q for qs in self.families.values() for q in qs]
        return {p.file for q in quarters for p in q.parts} | {q.opening for q in quarters if q.opening}


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
        index = bisect_right([q.number for q in quarters], at // QUARTER_US)
        found: list[pl.DataFrame] = []
        wanted: Codes | None = None
        for stretch in stretches(quarters[:index]):
            runs = read_runs(self.directory, [p for q in stretch for p in q.parts if p.marks[0] <= at], at)
            found += [latest(_known(rows, known, wanted)) for rows in runs]
            if stretch[0].opening is None:
                break
            opening = read(self.directory / stretch[0].opening)
            found.append(_known(opening, known, wanted))
            doubt = opening.filter(pl.col("position") > known)["entity"].to_numpy()
            wanted = doubt if wanted is None else np.intersect1d(doubt, wanted)
            if not len(wanted):
                break
        return found

    def rows(self, family: Family, entities: Sequence[int] | None, low: int, high: int, known: int) -> pl.DataFrame:
        """All rows of some entities (None: all) with `low` ≤ time ≤ `high` and position ≤ `known`, in order."""
        near = [q for q in self.quarters(family) if low // QUARTER_US <= q.number <= high // QUARTER_US]
        files = [self.directory / file for file in sorted({part.file for q in near for part in q.parts})]
        if not files:
            return pl.DataFrame(schema=landed_schema(family))
        kept = pl.col("time").dt.epoch("us").is_between(low, high) & (pl.col("position") <= known)
        if entities is not None:
            kept &= pl.col("entity").is_in(pl.Series(entities, dtype=pl.UInt32).implode())
        found = in_order([pl.scan_parquet(files, hive_partitioning=False).filter(kept).collect()])
        return found.unique(
            [*ORDER, "entity"], keep="first", maintain_order=True
        )  # compacted quarters lie in two files

    def all_rows(self, family: Family) -> pl.DataFrame:
        """Every row of a family, in order."""
        parts = [p for q in self.quarters(family) for p in q.parts]
        rows = in_order([pl.DataFrame(schema=landed_schema(family)), *read_runs(self.directory, parts)])
        return rows.unique([*ORDER, "entity"], keep="first", maintain_order=True)


def stretches(quarters: Sequence[Quarter]) -> Iterator[list[Quarter]]:
    """Quarters in stretches that begin with an opening state (the first of all may have none), the newest first."""
    stretch: list[Quarter] = []
    for quarter in reversed(quarters):
        stretch.insert(0, quarter)
        if quarter.opening:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def read_runs(directory: Path, parts: Sequence[Part], at: int | None = None) -> list[pl.DataFrame]:
    """Rows of slices with time ≤ `at`: one read a file, from its first slice to its last.

    Rows between the slices come along; they are of the same stretch of time and lie in another file too.
    """
    spans: dict[str, tuple[int, int]] = {}
    for part in parts:
        low, high = spans.get(part.file, (part.start, part.start))
        spans[part.file] = (min(low, part.start), max(high, part.end(at)))
    runs = [read(directory / file, low, high - low) for file, (low, high) in spans.items()]
    return runs if at is None else [_upto(rows, at) for rows in runs]


def read(path: Path, start: int = 0, rows: int | None = None) -> pl.DataFrame:
    """Rows of one file, all or a slice."""
    return pl.scan_parquet(path, hive_partitioning=False).slice(start, rows).collect()


def open_lake(directory: Path) -> Lake:
    """The lake in `directory`; an absent, unreadable or other-versioned one is an empty lake at position 0."""
    try:
        manifest = msgspec.json.decode((directory / "manifest.json").read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError):
        manifest = Manifest()
    usable = manifest.version == VERSION and all((directory / file).exists() for file in manifest.files())
    return Lake(directory, manifest if usable else Manifest())


def last_change(directory: Path) -> int:
    """When the manifest was replaced last (nanoseconds since 1970), 0 when there is none."""
    try:
        return (directory / "manifest.json").stat().st_mtime_ns
    except OSError:
        return 0


def _upto(rows: pl.DataFrame, at: int) -> pl.DataFrame:
    """The prefix with time ≤ `at` of rows in order."""
    return rows.head(int(np.searchsorted(rows["time"].dt.epoch("us").to_numpy(), at, side="right")))


def _known(rows: pl.DataFrame, known: int, wanted: Codes | None) -> pl.DataFrame:
    kept = rows.filter(pl.col("position") <= known)
    return kept if wanted is None else kept.filter(pl.Series(np.isin(kept["entity"].to_numpy(), wanted)))
