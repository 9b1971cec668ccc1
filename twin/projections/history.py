"""`history`: landed rows flushed into the lake, each flush idempotent and atomic.

A flush covers the log up to a position. It writes new files under names that hold that position, then replaces the
manifest, each on the disk before what names it (`events.durable`); killed before, it leaves the old manifest and files
nobody names, which the same flush writes over again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from events.decimals import valued
from events.observations import FAMILIES
from events.runs import starts
from events.sealing.chain import BEGINNING, Mark
from twin.lake import Lake, read_parts, read_runs, stretches
from twin.lake_digests import digest_of
from twin.lake_file import Kind, read, write
from twin.latest import ORDER, arranged, by_entity, in_order, latest, whole
from twin.manifest import MARK_ROWS, QUARTER_US, Manifest, Part, Quarter, write_manifest
from twin.projections import bands

OPENING_EVERY = 50_000
"""Rows after which a quarter gets an opening state, so that a cut reads no more than that and one quarter."""

PARTS_MOST = 8
"""Slices of a quarter before they are compacted into one."""

FILE_ROWS = 2_000_000
"""Rows of one file that compaction writes, so that it never holds many busy quarters at once."""

BORN = 8
"""Digits of the log's digest that stand in a file's name: files of another log never have the same names."""

KEEP_ALL: Mapping[str, int] = {}
"""No family's history is let go."""


def flush(
    lake: Lake,
    pending: Mapping[str, Sequence[pl.DataFrame]],
    position: int,
    retention: Mapping[str, int] = KEEP_ALL,
    mark: Mark = BEGINNING,
) -> Lake:
    """The lake with `pending` rows (by family, `twin.latest.landed_schema`) added, covering the log to `position`.

    `mark`: where the log's chain stands there. `retention`: days of history kept by family; quarters that ended earlier
    than that before the newest one are let go, once what they leave behind stands in an opening state.
    """
    if position <= lake.position:
        return lake
    held = lake.manifest
    families, by_entities, kept_from = dict(held.families), dict(held.bands), dict(held.kept_from)
    with ThreadPoolExecutor(1) as pool:  # what was closed before is written by entity while this flush is sorted
        for name, frames in pending.items():
            if not frames:
                continue
            rows, family = pl.concat(frames, rechunk=True), FAMILIES[name]
            before = lake.quarters(family)
            further = pool.submit(
                bands.extended,
                lake.directory,
                family,
                before,
                lake.bands(family),
                lake.position,
                rows.height,
                held.mark.digest[:BORN],
            )
            work = _Flush(lake.directory, name, position, kept_from.get(name, 0), mark.digest[:BORN])
            families[name] = work.let_go(work.added(before, rows), retention.get(name))
            by_entities[name] = further.result()
            kept_from |= {name: work.kept_from} if work.kept_from else {}
    fresh = Manifest(position, families=families, bands=by_entities, kept_from=kept_from, mark=mark)
    fresh = msgspec.structs.replace(
        fresh,
        retired=sorted(held.files() - fresh.files()),
        sizes=_sizes(lake, fresh),
        digests=_digests(lake, fresh),
    )
    for file in set(held.retired) - fresh.files():
        (lake.directory / file).unlink(missing_ok=True)
    return Lake(lake.directory, write_manifest(lake.directory, fresh))


@dataclass
class _Flush:
    """One family's share of a flush."""

    directory: Path
    family: str
    position: int
    kept_from: int
    born: str
    _files: Iterator[int] = field(default_factory=count)

    def added(self, before: Sequence[Quarter], rows: pl.DataFrame) -> list[Quarter]:
        """The family's quarters with `rows` (in the order of the log)."""
        quarters = {q.number: q for q in before}
        held = whole(rows, "time") >= self.kept_from * QUARTER_US
        for number, part in self._parts(rows if held.all() else rows.filter(pl.Series(held))):
            quarter = quarters.get(number, Quarter(number))
            quarters[number] = msgspec.structs.replace(quarter, parts=[*quarter.parts, part])
        for quarter in self._compacted([q for q in quarters.values() if len(q.parts) > PARTS_MOST]):
            quarters[quarter.number] = quarter
        oldest = int(whole(rows, "time").min())
        ordered = [self._reopened(q, rows) if q.start > oldest else q for _, q in sorted(quarters.items())]
        return self._with_openings(ordered)

    def let_go(self, quarters: list[Quarter], days: int | None) -> list[Quarter]:
        """`quarters` of the last `days`, the first of them with an opening state of all that was before."""
        boundary = quarters[-1].number - 4 * days if days is not None and quarters else 0
        older = [q for q in quarters if q.number < boundary]
        if not older:
            return quarters
        kept = {q.number: q for q in quarters if q.number >= boundary}
        first = kept.get(boundary, Quarter(boundary))
        kept[boundary] = first if first.opening else self._opened(first, self._state(next(stretches(older))))
        self.kept_from = boundary
        return [kept[number] for number in sorted(kept)]

    def _parts(self, rows: pl.DataFrame) -> Iterator[tuple[int, Part]]:
        """Write rows as one file by quarter and entity; its slices by quarter number."""
        if not rows.height:
            return
        file = f"{self.family}/part-{self.position:012d}-{self.born}-{next(self._files)}.parquet"
        quartered = rows.with_columns(quarter=pl.Series((whole(rows, "time") // QUARTER_US).astype(np.int32)))
        ordered = arranged(quartered, ["quarter", "entity", *ORDER])
        self._write(file, ordered.drop("quarter"), "part")
        numbers, times, positions = (whole(ordered, name) for name in ("quarter", "time", "position"))
        for start, end in pairwise([*np.flatnonzero(starts(numbers)).tolist(), len(numbers)]):
            marks = np.partition(times[start:end], range(0, end - start, MARK_ROWS))[::MARK_ROWS]
            last_time, last_position = int(times[start:end].max()), int(positions[start:end].max())
            yield int(numbers[start]), Part(file, start, end - start, marks.tolist(), last_time, last_position)

    def _compacted(self, crowded: Sequence[Quarter]) -> Iterator[Quarter]:
        """Quarters of many slices as quarters of one, several to a file."""
        for group in _groups(sorted(crowded, key=lambda q: q.number)):
            rows = by_entity(read_parts(self.directory, [p for q in group for p in q.parts]))
            parts = dict(self._parts(rows))
            yield from (msgspec.structs.replace(q, parts=[parts[q.number]]) for q in group)

    def _reopened(self, quarter: Quarter, rows: pl.DataFrame) -> Quarter:
        """`quarter` with late `rows` taken into the opening state it already had."""
        if quarter.opening is None:
            return quarter
        late = whole(rows, "time") < quarter.start
        if not late.any():
            return quarter
        told = latest(in_order([rows.filter(pl.Series(late))]))
        return self._opened(quarter, [read(self.directory / quarter.opening), told])

    def _with_openings(self, quarters: list[Quarter]) -> list[Quarter]:
        """`quarters` where every one that follows OPENING_EVERY rows or more since the last opening has its own."""
        done: list[Quarter] = []
        since: list[Quarter] = []
        rows = 0
        for quarter in quarters:
            if quarter.opening is None and rows >= OPENING_EVERY:
                quarter = self._opened(quarter, self._state(since))
            if quarter.opening:
                since, rows = [], 0
            since.append(quarter)
            rows += quarter.rows
            done.append(quarter)
        return done

    def _state(self, since: Sequence[Quarter]) -> list[pl.DataFrame]:
        """What stood at the end of a stretch of quarters: its opening state, and the latest rows of each file."""
        runs = read_runs(self.directory, [p for q in since for p in q.parts])
        first = since[0].opening
        opening = [read(self.directory / first)] if first else []
        return [*opening, *(valued(latest(rows)) for rows in runs)]

    def _opened(self, quarter: Quarter, state: Sequence[pl.DataFrame]) -> Quarter:
        file = f"{self.family}/opening-{_name(quarter)}-{self.position:012d}-{self.born}.parquet"
        self._write(file, latest(in_order(state)), "opening")
        return msgspec.structs.replace(quarter, opening=file)

    def _write(self, file: str, rows: pl.DataFrame, kind: Kind) -> None:
        write(self.directory / file, rows, self.family, kind, self.position)


def _sizes(before: Lake, fresh: Manifest) -> dict[str, int]:
    """Bytes of every file that counts."""
    known, directory = before.manifest.sizes, before.directory
    return {file: known.get(file) or (directory / file).stat().st_size for file in sorted(fresh.files())}


def _digests(before: Lake, fresh: Manifest) -> dict[str, str]:
    """SHA-256 of every file that counts."""
    known, directory = before.manifest.digests, before.directory
    return {file: known.get(file) or digest_of(directory / file) for file in sorted(fresh.files())}


def _groups(quarters: Sequence[Quarter]) -> Iterator[list[Quarter]]:
    """Quarters in groups of about FILE_ROWS rows."""
    group: list[Quarter] = []
    for quarter in quarters:
        if group and sum(q.rows for q in group) + quarter.rows > FILE_ROWS:
            yield group
            group = []
        group.append(quarter)
    if group:
        yield group


def _name(quarter: Quarter) -> str:
    """The quarter's first hour, such as 2026-08-20T06Z."""
    return f"{np.datetime64(quarter.start, 'us').astype('datetime64[h]')}Z"
