"""`history`: landed rows flushed into the lake, each flush idempotent and atomic.

A flush covers the log up to a position. It writes new files under names that hold that position, then replaces the
manifest; killed before, it leaves the old manifest and files nobody names, which the same flush writes over again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from events.observations import FAMILIES, Family
from events.runs import starts
from twin.lake import MARK_ROWS, QUARTER_US, Lake, Manifest, Part, Quarter, open_lake
from twin.latest import in_order, latest

OPENING_EVERY = 50_000
"""Rows after which a quarter gets an opening state, so that a cut reads no more than that and one quarter."""

PARTS_MOST = 8
"""Parts of a quarter before they are compacted into one."""


def flush(lake: Lake, pending: Mapping[str, Sequence[pl.DataFrame]], position: int) -> Lake:
    """The lake with `pending` rows (by family, `twin.latest.landed_schema`) added, covering the log to `position`."""
    if position <= lake.position:
        return lake
    retired: list[str] = []
    families = dict(lake.manifest.families)
    for name, frames in pending.items():
        if frames:
            families[name] = _Flush(lake, FAMILIES[name], position, retired).add(in_order(frames))
    for file in lake.manifest.retired:
        (lake.directory / file).unlink(missing_ok=True)
    _replace(
        lake.directory / "manifest.json", msgspec.json.encode(Manifest(position, families=families, retired=retired))
    )
    return open_lake(lake.directory)


class _Flush:
    """One family's share of a flush."""

    def __init__(self, lake: Lake, family: Family, position: int, retired: list[str]) -> None:
        self._lake, self._family, self._position, self._retired = lake, family, position, retired

    def add(self, rows: pl.DataFrame) -> list[Quarter]:
        """Quarters of the family after `rows` (in order)."""
        quarters = {q.number: q for q in self._lake.quarters(self._family)}
        numbers = rows["time"].dt.epoch("us").to_numpy() // QUARTER_US
        bounds = [*np.flatnonzero(starts(numbers)), len(numbers)]
        for start, end in pairwise(bounds):
            number = int(numbers[start])
            quarters[number] = self._extended(quarters.get(number, Quarter(number)), rows[int(start) : int(end)])
        ordered = [quarters[n] for n in sorted(quarters)]
        return self._with_openings([self._reopened(q, rows) for q in ordered])

    def _extended(self, quarter: Quarter, rows: pl.DataFrame) -> Quarter:
        parts = list(quarter.parts)
        if len(parts) >= PARTS_MOST:
            rows = in_order([*self._lake.part_rows(quarter), rows])
            self._retired += [p.file for p in parts]
            parts = []
        file = f"{self._folder(quarter)}/part-{self._position:012d}.parquet"
        times = rows["time"].dt.epoch("us")
        self._write(file, rows)
        part = Part(file, rows.height, times.gather_every(MARK_ROWS).to_list(), int(times[-1]))
        return msgspec.structs.replace(quarter, parts=[*parts, part])

    def _reopened(self, quarter: Quarter, rows: pl.DataFrame) -> Quarter:
        """`quarter` with late `rows` taken into the opening state it already had."""
        if quarter.opening is None:
            return quarter
        late = rows.filter(pl.col("time").dt.epoch("us") < quarter.number * QUARTER_US)
        if not late.height:
            return quarter
        self._retired.append(quarter.opening)
        return self._opened(quarter, [self._lake.opening(quarter), latest(late)])

    def _with_openings(self, quarters: list[Quarter]) -> list[Quarter]:
        """`quarters` where every one that follows OPENING_EVERY rows or more since the last opening has its own."""
        done: list[Quarter] = []
        for quarter in quarters:
            since = _since_opening(done)
            if quarter.opening is None and sum(q.rows for q in since) >= OPENING_EVERY:
                quarter = self._opened(quarter, self._state(since))
            done.append(quarter)
        return done

    def _state(self, since: Sequence[Quarter]) -> list[pl.DataFrame]:
        parts = [latest(self._read(p.file)) for q in since for p in q.parts]
        return [*([self._read(since[0].opening)] if since[0].opening else []), *parts]

    def _opened(self, quarter: Quarter, state: Sequence[pl.DataFrame]) -> Quarter:
        file = f"{self._folder(quarter)}/opening-{self._position:012d}.parquet"
        self._write(file, latest(in_order(state)))
        return msgspec.structs.replace(quarter, opening=file)

    def _folder(self, quarter: Quarter) -> str:
        start = np.datetime64(quarter.number * QUARTER_US, "us").astype("datetime64[h]")
        return f"{self._family.name}/{start}Z"

    def _read(self, file: str) -> pl.DataFrame:
        return pl.read_parquet(self._lake.directory / file, hive_partitioning=False)

    def _write(self, file: str, rows: pl.DataFrame) -> None:
        path = self._lake.directory / file
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        rows.write_parquet(part, compression="zstd", compression_level=1, row_group_size=MARK_ROWS)
        part.replace(path)


def _since_opening(quarters: Sequence[Quarter]) -> list[Quarter]:
    """The last quarters from the newest opening state on."""
    since: list[Quarter] = []
    for quarter in reversed(quarters):
        since.insert(0, quarter)
        if quarter.opening:
            break
    return since


def _replace(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old or the new, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)
