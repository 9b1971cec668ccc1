"""How charts look: quiet grids, the app's fonts, times on Taipei's clock."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from events.clock import TAIPEI
from views import theme

HOUR_FORMAT = "%m-%d %H:%M"


def wall_time(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with `time` as Taipei's wall time; charts would else show the browser's."""
    return frame.with_columns(pl.col("time").dt.convert_time_zone(str(TAIPEI)).dt.replace_time_zone(None))


def time_axis() -> alt.X:
    """The horizontal axis of time."""
    axis = alt.Axis(title=None, format="%m-%d %H", labelOverlap=True, grid=False, tickCount=6)
    return alt.X("time:T", axis=axis)


def dressed(chart: Any, height: int) -> Any:
    """The chart in the app's clothes."""
    muted, line = theme.css(theme.MUTED), theme.css(theme.LINE)
    return (
        chart.properties(height=height, background="transparent")
        .configure(font=theme.FONT)
        .configure_view(strokeWidth=0)
        .configure_axis(
            labelColor=muted, titleColor=muted, gridColor=line, gridOpacity=0.5, domainColor=line, tickColor=line,
            labelFontSize=11, titleFontSize=11, titleFontWeight="normal",
        )
        .configure_legend(labelColor=theme.css(theme.TEXT), orient="top", labelFontSize=12, title=None)
    )  # fmt: skip
