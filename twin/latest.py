"""The one rule of *latest*: by event time, then by position, then by sequence; never the latest to arrive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from events.observations import TIME, Family
from events.runs import ends
from twin.order import order

ORDER = ["time", "position", "sequence"]
"""Total order of one entity's rows."""


def landed_schema(family: Family) -> dict[str, pl.DataType]:
    """Columns of landed rows: as stored in a batch, with the batch's position."""
    return {"entity": pl.UInt32(), "time": TIME, "position": pl.Int64(), "sequence": pl.UInt16(), **family.values}


def landed(family: Family, stored: pl.DataFrame, position: int) -> pl.DataFrame:
    """A stored batch's rows with their position."""
    return stored.with_columns(pl.lit(position, pl.Int64).alias("position")).select(list(landed_schema(family)))


def in_order(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """All rows of the frames in the total order (ties, which are other entities, by entity)."""
    return arranged(pl.concat(frames, rechunk=True), [*ORDER, "entity"])


def by_entity(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """All rows of the frames by entity, each one's in the total order; a row that stands in two frames comes once."""
    filled = [frame for frame in frames if frame.height]
    rows = arranged(pl.concat(filled, rechunk=True) if len(filled) > 1 else (filled or frames)[0], ["entity", *ORDER])
    keys = [whole(rows, name) for name in ("entity", *ORDER)]
    again = np.zeros(rows.height, dtype=np.bool_)
    again[1:] = np.logical_and.reduce([key[1:] == key[:-1] for key in keys])
    return rows.filter(~again) if again.any() else rows


def arranged(rows: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Rows sorted by integer or time columns; equal ones stay as they were."""
    found = order([whole(rows, name) for name in names])
    return rows if found is None else rows[found]


def whole(rows: pl.DataFrame, name: str) -> npt.NDArray[Any]:
    """A column without nulls as integers; a time as UTC microseconds."""
    column = rows[name]
    return (column.to_physical() if column.dtype == TIME else column).to_numpy()


def latest(ordered: pl.DataFrame, kept: npt.NDArray[np.bool_] | None = None) -> pl.DataFrame:
    """The last row of every entity, of rows where each one's are in order (of those `kept`); sorted by entity."""
    if not ordered.height:
        return ordered
    entity = ordered["entity"].to_numpy()
    rows = np.arange(len(entity)) if kept is None else np.flatnonzero(kept)
    last = np.full(int(entity.max()) + 1, -1, np.int64)
    last[entity[rows]] = rows  # of repeated indices, the last assignment stays
    return ordered[last[last >= 0]]


def newest(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The latest row of every entity over frames that come in log order, each sorted by (entity, time, sequence).

    Equal to `latest(in_order(frames))`, without sorting: within a frame the last row of an entity is its latest, and
    of equal times the later frame wins.
    """
    rows = pl.concat(frames)
    if not rows.height:
        return rows
    entity, time = rows["entity"].to_numpy(), rows["time"].dt.epoch("us").to_numpy()
    size = int(entity.max()) + 1
    best_time, best_row = np.full(size, np.iinfo(np.int64).min), np.full(size, -1, np.int64)
    start = 0
    for frame in frames:
        end = start + frame.height
        codes, times = entity[start:end], time[start:end]
        index = np.flatnonzero(ends(codes) & (times >= best_time[codes]))
        best_time[codes[index]], best_row[codes[index]] = times[index], index + start
        start = end
    return rows[best_row[best_row >= 0]]
