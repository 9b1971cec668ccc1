"""How many observations each stretch of time holds, drawn small beside the time slider."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import altair as alt
import polars as pl

from views import theme
from views.charts.look import HOUR_FORMAT, dressed, wall_time

HEIGHT_PX = 34


def density_bar(density: pl.DataFrame, shown: datetime, title: str) -> Any:
    """Bars of `replay.density.DENSITY`; what lies behind `shown` is dim."""
    past = (
        pl.when(pl.col("start") <= shown).then(pl.lit(theme.css(theme.ACCENT))).otherwise(pl.lit(theme.css(theme.LINE)))
    )
    drawn = wall_time(density.select(time="start", count="count", colour=past))
    bars = (
        alt.Chart(drawn)
        .mark_bar()
        .encode(
            x=alt.X("time:T", axis=None),
            y=alt.Y("count:Q", axis=None),
            color=alt.Color("colour:N", scale=None),
            tooltip=[
                alt.Tooltip("time:T", format=HOUR_FORMAT, title=" "),
                alt.Tooltip("count:Q", format=",", title=title),
            ],
        )
    )
    return dressed(bars, HEIGHT_PX)
