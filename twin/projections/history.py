"""`history`: landed rows flushed into the lake, each flush idempotent and atomic.

A flush covers the log up to a position. It writes new files under names that hold that position, then replaces the
manifest; killed before, it leaves the old manifest and files nobody names, which the same flush writes over again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, pairwise
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from events.observations import FAMILIES
from events.runs import starts
from twin.lake import MARK_ROWS, QUARTER_US, Lake, Manifest, Part, Quarter, open_lake, read, read_runs
from twin.latest import in_order, latest

OPENING_EVERY = 50_000
"""Rows after which a quarter gets an opening state, so that a cut reads no more than that and one quarter."""

PARTS_MOST = 8
"""Slices of a quarter before they are compacted into one."""


FILE_ROWS = 2_000_000
"""Rows of one file that compaction writes, so that it never holds many busy quarters at once."""


def flush(lake: Lake, pending: Mapping[str, Sequence[pl.DataFrame]], position: int) -> Lake:
    """The lake with `pending` rows (by family, `twin.latest.landed_schema`) added, covering the log to `position`."""
    if position <= lake.position:
        return lake
    families = dict(lake.manifest.families)
    for name, frames in pending.items():
        if frames:
            families[name] = _Flush(lake.directory, name, position).added(
                lake.quarters(FAMILIES[name]), in_order(frames)
            )
    fresh = Manifest(position, families=families)
    fresh = msgspec.structs.replace(fresh, retired=sorted(lake.manifest.files() - fresh.files()))
    for file in set(lake.manifest.retired) - fresh.files():
        (lake.directory / file).unlink(missing_ok=True)
    _replace(lake.directory / "manifest.json", msgspec.json.encode(fresh))
    return open_lake(lake.directory)


class _Flush:
    """One family's share of a flush."""

    def __init__(self, directory: Path, family: str, position: int) -> None:
        self._directory, self._family, self._position = directory, family, position
        self._files = count()

    def added(self, before: Sequence[Quarter], rows: pl.DataFrame) -> list[Quarter]:
        """The family's quarters with `rows` (in order)."""
        quarters = {q.number: q for q in before}
        for number, part in self._parts(rows):
            quarter = quarters.get(number, Quarter(number))
            quarters[number] = msgspec.structs.replace(quarter, parts=[*quarter.parts, part])
        for quarter in self._compacted([q for q in quarters.values() if len(q.parts) > PARTS_MOST]):
            quarters[quarter.number] = quarter
        ordered = [self._reopened(quarters[n], rows) for n in sorted(quarters)]
        return self._with_openings(ordered)

    def _parts(self, rows: pl.DataFrame) -> Iterator[tuple[int, Part]]:
        """Write rows (in order) as one file; its slices by quarter number."""
        file = f"{self._family}/part-{self._position:012d}-{next(self._files)}.parquet"
        self._write(file, rows)
        times = rows["time"].dt.epoch("us").to_numpy()
        numbers = times // QUARTER_US
        for start, end in pairwise([*np.flatnonzero(starts(numbers)).tolist(), len(numbers)]):
            marks = times[start:end:MARK_ROWS].tolist()
            yield int(numbers[start]), Part(file, start, end - start, marks, int(times[end - 1]))

    def _compacted(self, crowded: Sequence[Quarter]) -> Iterator[Quarter]:
        """Quarters of many slices as quarters of one, several to a file."""
        for group in _groups(sorted(crowded, key=lambda q: q.number)):
            rows = in_order([read(self._directory / p.file, p.start, p.rows) for q in group for p in q.parts])
            parts = dict(self._parts(rows))
            yield from (msgspec.structs.replace(q, parts=[parts[q.number]]) for q in group)

    def _reopened(self, quarter: Quarter, rows: pl.DataFrame) -> Quarter:
        """`quarter` with late `rows` taken into the opening state it already had."""
        if quarter.opening is None:
            return quarter
        late = rows.filter(pl.col("time").dt.epoch("us") < quarter.start)
        if not late.height:
            return quarter
        return self._opened(quarter, [read(self._directory / quarter.opening), latest(late)])

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
        runs = read_runs(self._directory, [p for q in since for p in q.parts])
        first = since[0].opening
        return [*([read(self._directory / first)] if first else []), *map(latest, runs)]

    def _opened(self, quarter: Quarter, state: Sequence[pl.DataFrame]) -> Quarter:
        file = f"{self._family}/opening-{_name(quarter)}-{self._position:012d}.parquet"
        self._write(file, latest(in_order(state)))
        return msgspec.structs.replace(quarter, opening=file)

    def _write(self, file: str, rows: pl.DataFrame) -> None:
        path = self._directory / file
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        rows.write_parquet(part, compression="zstd", compression_level=1, row_group_size=MARK_ROWS)
        part.replace(path)


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


def _replace(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old or the new, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)
