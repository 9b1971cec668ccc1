"""The lake: landed rows as Parquet, cut by family and quarter-day, and once more by entity where it is closed.

    lake/manifest.json                            what counts (`twin.manifest`); replaced atomically
    lake/<family>/part-<position>-<n>.parquet     rows of one flush, or of quarters compacted, by quarter and entity
    lake/<family>/opening-<quarter>-<position>.parquet   every entity's latest row before a quarter
    lake/<family>/band-<quarter>-<position>-<n>.parquet  some entities' rows of a fortnight (`projections.bands`)

A quarter's rows are slices of such files, so that a flush writes one file however many quarters it touches. Only what
the manifest names exists for a reader; anything else is the rest of an interrupted flush. Every file can be read by
polars, DuckDB or Spark; entities are codes whose names are in `lake/<family>/entities.parquet` (docs/lake.md).
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from events.clock import instant
from events.decimals import valued
from events.errors import HistoryLetGoError
from events.observations import Family
from twin import lake_digests
from twin.lake_file import is_whole, read, read_stored, select
from twin.latest import by_entity, landed_schema, latest, whole
from twin.manifest import FILE, QUARTER_US, Band, Manifest, Part, Quarter, read_manifest

logger = logging.getLogger(__name__)

Codes = npt.NDArray[np.uint32]

TRIES = 5
"""How often a lake that is made anew while it is opened is opened again."""

FEW = 64
"""Entities up to which their rows are picked out of the files, rather than all rows read."""


class Lake:
    """Reader of one lake directory, as of one manifest."""

    def __init__(self, directory: Path, manifest: Manifest) -> None:
        self.directory = directory
        self.manifest = manifest
        lake_digests.expected(directory, manifest.digests)

    @property
    def position(self) -> int:
        """Log position that the lake covers."""
        return self.manifest.position

    def quarters(self, family: Family) -> list[Quarter]:
        """Partitions of a family, in order of time."""
        return self.manifest.families.get(family.name, [])

    def bands(self, family: Family) -> list[Band]:
        """Rows by entity, of the stretches that have them."""
        return self.manifest.bands.get(family.name, [])

    def kept_from(self, family: Family) -> int | None:
        """First instant (UTC microseconds) that a cut can be asked for, where older history was let go."""
        quarter = self.manifest.kept_from.get(family.name)
        return None if quarter is None else quarter * QUARTER_US

    def span(self) -> tuple[int, int] | None:
        """First and last event time in the lake (UTC microseconds), None when it is empty."""
        parts = [p for qs in self.manifest.families.values() for q in qs for p in q.parts]
        return (min(p.first_time for p in parts), max(p.last_time for p in parts)) if parts else None

    def before(self, family: Family, at: int, known: int, entities: Sequence[int] | None = None) -> list[pl.DataFrame]:
        """Latest rows per entity (some, or None: all) with time ≤ `at` and position ≤ `known`, none in doubt.

        Reads back to the nearest opening state; entities whose opening row came after `known` are looked for further
        back, alone. HistoryLetGoError where that is further back than the lake's retention.
        """
        self._held(family, at)
        quarters = self.quarters(family)
        index = bisect_right([q.number for q in quarters], at // QUARTER_US)
        found: list[pl.DataFrame] = []
        wanted = None if entities is None else np.asarray(entities, np.uint32)
        for stretch in stretches(quarters[:index] if wanted is None or len(wanted) else []):
            runs = self._runs([p for q in stretch for p in q.parts if p.first_time <= at], wanted)
            found += [_latest(rows, at, known, wanted) for rows in runs]
            if stretch[0].opening is None:
                break
            opening = self._opening(stretch[0].opening, wanted)
            found.append(_latest(opening, at, known, wanted))
            doubt = opening.filter(pl.col("position") > known)["entity"].to_numpy()
            wanted = doubt if wanted is None else np.intersect1d(doubt, wanted)
            if not len(wanted):
                break
            if stretch[0].number == self.manifest.kept_from.get(family.name):
                raise self._let_go(family, f"what was known at position {known}")
        return [valued(rows) for rows in found]

    def rows(self, family: Family, entities: Sequence[int] | None, low: int, high: int, known: int) -> pl.DataFrame:
        """All rows of some entities (None: all) with `low` ≤ time ≤ `high` and position ≤ `known`, by entity and time.

        HistoryLetGoError where `low` is before what the lake's retention keeps.
        """
        self._held(family, low)
        empty = pl.DataFrame(schema=landed_schema(family))
        near = [q for q in self.quarters(family) if low // QUARTER_US <= q.number <= high // QUARTER_US]
        parts = [p for q in near for p in q.parts if p.first_time <= high and p.last_time >= low]
        if entities is None:
            runs = (_within(rows, low, high, known) for rows in read_runs(self.directory, parts))
            return by_entity([empty, *map(valued, runs)])
        if not len(entities):
            return empty
        kept = pl.col("time").is_between(_time(low), _time(high)) & (pl.col("position") <= known)
        files = self._files_of(family, sorted(set(entities)), near, parts)
        return by_entity([empty, *([select(files, _of(entities) & kept)] if files else [])])

    def quarter_rows(self, family: Family, number: int) -> pl.DataFrame:
        """Every row of a quarter, by entity."""
        parts = [p for q in self.quarters(family) if q.number == number for p in q.parts]
        return by_entity([pl.DataFrame(schema=landed_schema(family)), *read_parts(self.directory, parts)])

    def _runs(self, parts: Sequence[Part], wanted: Codes | None) -> list[pl.DataFrame]:
        if wanted is None or len(wanted) > FEW:
            return read_runs(self.directory, parts)
        files = [self.directory / file for file in dict.fromkeys(p.file for p in parts)]
        return [by_entity([select(files, _of(wanted.tolist()))])] if files else []

    def _opening(self, file: str, wanted: Codes | None) -> pl.DataFrame:
        if wanted is None or len(wanted) > FEW:
            return read_stored(self.directory / file)
        return select([self.directory / file], _of(wanted.tolist()))

    def _files_of(
        self, family: Family, entities: Sequence[int], near: Sequence[Quarter], parts: Sequence[Part]
    ) -> list[Path]:
        """Files that hold the entities' rows: bands, and the parts that no band covers or that hold rows after it."""
        if not near:
            return []
        low, high = near[0].number, near[-1].number
        bands = [b for b in self.bands(family) if b.low <= high and low < b.high and _any(entities, b)]
        known_at = _known_at(bands, entities)
        loose = [p.file for p in parts if p.last_position > known_at.get(p.first_time // QUARTER_US, -1)]
        return [self.directory / file for file in dict.fromkeys([*(b.file for b in bands), *loose])]

    def _held(self, family: Family, at: int) -> None:
        kept_from = self.kept_from(family)
        if kept_from is not None and at < kept_from:
            raise self._let_go(family, f"{instant(at):%Y-%m-%dT%H:%M:%SZ}")

    def _let_go(self, family: Family, asked: str) -> HistoryLetGoError:
        return HistoryLetGoError(
            f"{family.name}: {asked} lies before {instant(self.kept_from(family) or 0):%Y-%m-%dT%H:%M:%SZ}, the first "
            f"instant that the lake keeps; the log has it: raise the retention (twin lake retain), then twin rebuild"
        )


def stretches(quarters: Sequence[Quarter]) -> Iterator[list[Quarter]]:
    """Quarters in stretches that begin with an opening state (the first of all may have none), the newest first."""
    stretch: list[Quarter] = []
    for quarter in reversed(quarters):
        stretch.append(quarter)
        if quarter.opening:
            yield stretch[::-1]
            stretch = []
    if stretch:
        yield stretch[::-1]


def read_runs(directory: Path, parts: Sequence[Part]) -> list[pl.DataFrame]:
    """Rows of slices as stored: one read a file, from its first slice to its last.

    Rows between the slices come along; they are of the same stretch of time and lie in another file too.
    """
    spans: dict[str, tuple[int, int]] = {}
    for part in parts:
        low, high = spans.get(part.file, (part.start, part.start))
        spans[part.file] = (min(low, part.start), max(high, part.start + part.rows))
    return [read_stored(directory / file, low, high - low) for file, (low, high) in spans.items()]


def read_parts(directory: Path, parts: Sequence[Part]) -> list[pl.DataFrame]:
    """Rows of each slice, with their values."""
    return [read(directory / part.file, part.start, part.rows) for part in parts]


def open_lake(directory: Path, before: Manifest | None = None) -> Lake:
    """The lake in `directory`, empty and at position 0 where there is none.

    So is one of which a file is missing, cut short or not Parquet at its ends (zeros after a power cut): history is
    then read from the log, and that is said. Files that counted `before`, when this process looked last, are not
    looked at again: what is published never changes.
    """
    for _ in range(TRIES):
        manifest = read_manifest(directory)
        amiss = _amiss(directory, manifest, before)
        if amiss is None:
            return Lake(directory, manifest)
        if read_manifest(directory) == manifest:  # otherwise it was made anew while we looked
            break
    logger.warning(
        "%s is missing or damaged; history is read from the log instead, which takes longer; twin rebuild makes "
        "the lake anew",
        amiss,
    )
    return Lake(directory, Manifest())


def _amiss(directory: Path, manifest: Manifest, before: Manifest | None) -> Path | None:
    """The first file that is missing, cut short or no Parquet at its ends."""
    new = manifest.sizes.items() - (before.sizes.items() if before else set())
    return next((directory / file for file, size in sorted(new) if not is_whole(directory / file, size)), None)


def last_change(directory: Path) -> int:
    """When the manifest was replaced last (nanoseconds since 1970), 0 when there is none."""
    try:
        return (directory / FILE).stat().st_mtime_ns
    except OSError:
        return 0


def _latest(rows: pl.DataFrame, at: int, known: int, wanted: Codes | None) -> pl.DataFrame:
    """Latest rows as of `at`, as known at `known`."""
    kept = (whole(rows, "time") <= at) & (whole(rows, "position") <= known)
    if wanted is not None:
        kept &= np.isin(whole(rows, "entity"), wanted)
    return latest(rows, kept)


def _within(rows: pl.DataFrame, low: int, high: int, known: int) -> pl.DataFrame:
    times = whole(rows, "time")
    kept = (times >= low) & (times <= high) & (whole(rows, "position") <= known)
    return rows if kept.all() else rows.filter(pl.Series(kept))


def _any(entities: Sequence[int], band: Band) -> bool:
    """Whether any of the sorted entities lies in the band."""
    after = bisect_right(entities, band.last)
    return after > 0 and entities[after - 1] >= band.first


def _known_at(bands: Sequence[Band], entities: Sequence[int]) -> dict[int, int]:
    """By quarter where bands hold all of the entities: the position up to which they do."""
    found: dict[int, int] = {}
    for low in {b.low for b in bands}:
        own = [b for b in bands if b.low == low]
        if all(any(b.first <= entity <= b.last for b in own) for entity in entities):
            found |= dict.fromkeys(range(low, own[0].high), min(b.position for b in own))
    return found


def _of(entities: Sequence[int]) -> pl.Expr:
    """Rows of some entities, said so that a row group's bounds can exclude them."""
    near = pl.col("entity").is_between(min(entities), max(entities))
    return near & pl.col("entity").is_in(pl.Series(entities, dtype=pl.UInt32).implode())


def _time(at: int) -> pl.Expr:
    return pl.lit(instant(at)).cast(pl.Datetime("us", "UTC"))
