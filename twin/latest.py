"""The one rule of *latest*: by event time, then by position, then by sequence; never the latest to arrive."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from events.observations import TIME, Family
from events.runs import ends

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
    return pl.concat(frames).sort([*ORDER, "entity"])


def latest(ordered: pl.DataFrame) -> pl.DataFrame:
    """The last row of every entity, of rows in the total order; sorted by entity."""
    if not ordered.height:
        return ordered
    entity = ordered["entity"].to_numpy()
    last = np.full(int(entity.max()) + 1, -1, np.int64)
    last[entity] = np.arange(len(entity))  # of repeated indices, the last assignment stays
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
