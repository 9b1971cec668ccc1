"""Charts of a scenario: power at the meter with and without it, and the energy stored."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from replay.result import Result
from views import theme
from views.charts.look import HOUR_FORMAT, dressed, time_axis, wall_time

INTERVALS_AN_HOUR = 4
"""The balance runs in quarter hours (`replay.scenario.STEP`)."""


def power(result: Result, title: str, names: dict[str, str]) -> Any:
    """Mean power of each quarter hour, kW: load, PV, import of the scenario; `names` of load, pv, import."""
    columns = {"load_kwh": "load", "pv_kwh": "pv", "import_kwh": "import"}
    wide = result.intervals.select("time", *(pl.col(c) * INTERVALS_AN_HOUR for c in columns))
    long = (
        wall_time(wide)
        .unpivot(index="time", variable_name="flow", value_name="kw")
        .with_columns(flow=pl.col("flow").replace_strict({c: names[n] for c, n in columns.items()}))
    )
    colours = alt.Scale(
        domain=[names["load"], names["pv"], names["import"]],
        range=[theme.css(c) for c in (theme.BASELINE, theme.PV, theme.SCENARIO)],
    )
    lines = (
        alt.Chart(long)
        .mark_line(strokeWidth=1.6, interpolate="step-after")
        .encode(
            x=time_axis(),
            y=alt.Y("kw:Q", title=title),
            color=alt.Color("flow:N", scale=colours),
            tooltip=[
                alt.Tooltip("time:T", format=HOUR_FORMAT, title=" "),
                alt.Tooltip("flow:N", title=" "),
                alt.Tooltip("kw:Q", format=".1f", title="kW"),
            ],
        )
    )
    return dressed(lines, 330)


def stored(result: Result, title: str) -> Any:
    """Energy in the battery at the end of each quarter hour, kWh."""
    area = (
        alt.Chart(wall_time(result.intervals.select("time", "soc_kwh")))
        .mark_area(color=theme.css(theme.BATTERY), opacity=0.55, line={"color": theme.css(theme.BATTERY)})
        .encode(x=time_axis(), y=alt.Y("soc_kwh:Q", title=title, axis=alt.Axis(tickCount=4)))
    )
    return dressed(area, 150)
