"""Rows in the order the log keeps them, without those that tell nothing new."""

from __future__ import annotations

import numpy as np
import polars as pl

from events.beliefs import Beliefs, Landed, Rows
from events.extents import Ints
from events.observations import Family
from events.runs import Mask, starts

SEQUENCES = 1 << 16
"""Rows of equal (entity, time) that one batch can tell apart: `sequence` has 16 bits."""


Settled = tuple[pl.DataFrame, Rows]
"""Rows as `Family.stored`, and the same as arrays with the digests of their values."""


def settle(family: Family, coded: pl.DataFrame, beliefs: Beliefs, landed: Landed) -> list[Settled]:
    """The rows of `coded` (in order of arrival) that change what is believed, as `Family.stored`, and believe them.

    Sorted by (entity, time); `sequence` counts arrivals of equal (entity, time) within the batch, so that the order in
    which later rows replace earlier ones survives any shuffle. One frame, to be one batch; more, to be batches in that
    order, only where more than SEQUENCES rows are of one (entity, time).
    """
    ordered = coded.select("entity", "time", *family.values).sort("entity", "time", maintain_order=True)
    rows = rows_of(family, ordered)
    same = _repeats_key(rows)
    repeated = beliefs.repeats(rows, landed)
    repeated[same] = (rows.digest == np.roll(rows.digest, 1))[same]
    keep = ~repeated
    beliefs.accept(rows.only(keep))
    sequence = _sequence(same)
    sequenced = ordered.with_columns(pl.Series("sequence", sequence % SEQUENCES, dtype=pl.UInt16)).select(
        list(family.stored)
    )
    if not len(sequence) or int(sequence.max()) < SEQUENCES:
        return [(sequenced, rows) if keep.all() else (sequenced.filter(pl.Series(keep)), rows.only(keep))]
    turns = sequence // SEQUENCES
    chosen = [keep & (turns == turn) for turn in np.unique(turns[keep])]
    return [(sequenced.filter(pl.Series(own)), rows.only(own)) for own in chosen]


def rows_of(family: Family, frame: pl.DataFrame) -> Rows:
    """Identity, time and value digests of a stored frame."""
    digest = frame.select(list(family.values)).hash_rows(seed=7).to_numpy()
    return Rows(frame["entity"].to_numpy(), frame["time"].dt.epoch("us").to_numpy(), digest)


def _repeats_key(rows: Rows) -> Mask:
    """Which rows have the (entity, time) of the row before them."""
    return ~(starts(rows.entity) | starts(rows.time))


def _sequence(same: Mask) -> Ints:
    """How many rows of equal key stand before each row."""
    if not same.any():
        return np.zeros(len(same), np.int64)
    index = np.arange(len(same))
    start = np.maximum.accumulate(np.where(same, 0, index))
    return np.asarray(index - start, np.int64)
