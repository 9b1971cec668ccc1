"""Charts of use: one register's intervals, and the storeys of a building."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from views import theme
from views.charts.look import HOUR_FORMAT, dressed, time_axis, wall_time

STATES = ("measured", "interpolated", "estimated")
"""Of whole intervals (`twin.reckoning.consumption.USE`)."""

COLOUR = {"electricity": theme.WARM, "water": theme.COOL, "gas": theme.ACCENT}


def interval_use(use: pl.DataFrame, medium: str, unit: str, titles: tuple[str, str, str, str]) -> Any:
    """Bars of `views.usage.intervals`; `titles`: the interval, measured, interpolated, estimated."""
    axis, *words = titles
    shown = wall_time(use).with_columns(quality=pl.col("state").replace_strict(STATES, words))
    colours = alt.Scale(domain=words, range=[theme.css(c) for c in (COLOUR[medium], theme.MUTED, theme.UNKNOWN)])
    bars = (
        alt.Chart(shown)
        .mark_bar(width=4)
        .encode(
            x=time_axis(),
            y=alt.Y("used:Q", title=f"{theme.shown_unit(unit)} / {axis}", axis=alt.Axis(tickCount=3)),
            color=alt.Color("quality:N", scale=colours, legend=None),
            tooltip=[
                alt.Tooltip("time:T", format=HOUR_FORMAT, title=" "),
                alt.Tooltip("used:Q", format=".3f", title=theme.shown_unit(unit)),
                alt.Tooltip("quality:N", title=" "),
            ],
        )
    )
    return dressed(bars, 112)


def storey_profile(storeys: pl.DataFrame, scale: theme.Scale, titles: tuple[str, str]) -> Any:
    """Bars of mean use per home by storey, the highest on top; storeys: name, order, per_home, homes."""
    axis, homes = titles
    shown = storeys.sort("order", descending=True).with_columns(
        colour=pl.col("per_home").map_elements(
            lambda v: theme.css(scale.colour(v)), return_dtype=pl.String, skip_nulls=False
        )
    )
    bars = (
        alt.Chart(shown)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            y=alt.Y("name:N", sort=shown["name"].to_list(), title=None),
            x=alt.X("per_home:Q", title=f"{axis} ({theme.shown_unit(scale.unit)})", axis=alt.Axis(tickCount=5)),
            color=alt.Color("colour:N", scale=None),
            tooltip=[
                alt.Tooltip("name:N", title=" "),
                alt.Tooltip("per_home:Q", format=".3f", title=theme.shown_unit(scale.unit)),
                alt.Tooltip("homes:Q", title=homes),
            ],
        )
    )
    return dressed(bars, max(160, 15 * shown.height))
