"""Registers that go on counting: exchanges and roll-overs that events tell of are taken out of the readings.

    exchanged at t, from final F to initial I     readings at or after t count F − I more; one of F stands at t
    rolled over at t, modulus M                   readings at or after t count M more

So the sum of consumption over any split of a window is the difference of the registers at its ends, F − I or M more for
each event between. A fall that no event tells of stays one: it is unknown, not clipped.
"""

from __future__ import annotations

import polars as pl

from events.observations import Quality

KEY = ["point_id", "unit"]


def continuous(rows: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """`rows` of readings (columns of `City.series`) as if every register had gone on counting; sorted by KEY and time.

    `events`: `City.register_events`. Rows of other registers stay as they are.
    """
    within = events.join(rows.select(KEY).unique(), on=KEY, how="semi").sort(*KEY, "time")
    if not within.height:
        return rows
    step = pl.coalesce("modulus", pl.col("final") - pl.col("initial"))
    told = within.with_columns(offset=step.cum_sum().over(KEY)).with_columns(before=pl.col("offset") - step)
    offsets = told.select(*KEY, "time", "offset").unique([*KEY, "time"], keep="last", maintain_order=True)
    timed = rows.sort("time").join_asof(offsets.sort("time"), on="time", by=KEY, strategy="backward")
    shifted = timed.with_columns(pl.col("value") + pl.col("offset").fill_null(0.0)).drop("offset")
    both = pl.concat([shifted, _ends(told, rows)], how="diagonal")
    return both.unique([*KEY, "time"], keep="first", maintain_order=True).sort(*KEY, "time").select(rows.columns)


def _ends(told: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The old meters' last values, where they lie between readings of the window: read by whoever took them out."""
    spans = rows.group_by(KEY).agg(pl.col("time").min().alias("first"), pl.col("time").max().alias("last"))
    inner = told.filter(pl.col("final").is_not_null()).join(spans, on=KEY)
    inner = inner.filter((pl.col("time") > pl.col("first")) & (pl.col("time") < pl.col("last")))
    value = (pl.col("final") + pl.col("before")).alias("value")
    quality = pl.lit(int(Quality.MEASURED), rows.schema["quality"]).alias("quality")
    return inner.select(*KEY, "time", value, quality, "position")
