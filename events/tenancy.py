"""Readings from before their point's present household: they are the former one's, and are counted instead of kept.

They come late, or again (a topic read anew), when the former household's name is free or destroyed: landing them would
give them to the next one, and count them twice in totals.
"""

from __future__ import annotations

import polars as pl

from events.entities import Entities
from events.quarantine import Refusal


def of_present_households(entities: Entities, rows: pl.DataFrame) -> pl.DataFrame:
    """The decoded rows without those from before their point's present household."""
    starts = entities.starts()
    if not starts:
        return rows
    name = next(iter(entities.family.entity))
    start = pl.col(name).replace_strict(starts, default=None, return_dtype=pl.Int64)
    return rows.filter((pl.col("time").dt.epoch("us") >= start).fill_null(value=True))


def withheld(family: str, rows: int, offset: int) -> list[Refusal]:
    """What is said of `rows` that were not kept; never whose they were. `offset`: the poll's first."""
    reason = f"{family}: rows from before their point's present household are counted, not kept ({rows})"
    return [Refusal(offset, family, reason, b"")] if rows else []
