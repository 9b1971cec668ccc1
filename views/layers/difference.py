"""Bike stations coloured by the sign of a difference, sized by its amount."""

from __future__ import annotations

from typing import Any

import polars as pl

from views import theme
from views.i18n import Language, named, text
from views.layers.deck import layer, told

DELTA: dict[str, theme.Colour] = {
    "more": theme.COOL,
    "fewer": theme.WARM,
    "same": theme.MUTED,
    "unknown": theme.UNKNOWN,
}
"""Blue for more, amber for fewer: told apart by the colour-blind."""

SMALLEST_M, PER_BIKE_M = 26, 9


def differences(stations: pl.DataFrame, language: Language) -> Any:
    """Stations: station_id, kind, name, name_en, longitude, latitude, before, after, difference."""
    return layer(
        "ScatterplotLayer",
        "differences",
        [_dot(row, language) for row in stations.iter_rows(named=True)],
        get_position="position",
        get_fill_color="colour",
        get_radius="radius",
        radius_min_pixels=2,
        radius_max_pixels=16,
        pickable=True,
        auto_highlight=True,
    )


def _dot(row: dict[str, Any], language: Language) -> dict[str, Any]:
    amount = row["difference"] or 0
    kind = row["kind"]
    by = text(language, "diff_unknown") if kind == "unknown" else f"{amount:+,}"
    counts = f"{theme.number(row['before'])} → {theme.number(row['after'])} ({by})"
    return {
        "position": [row["longitude"], row["latitude"]],
        "colour": [*DELTA[kind], 220 if amount else 120],
        "radius": SMALLEST_M + PER_BIKE_M * abs(amount),
        "tip": told(named(language, row["name"], row["name_en"]), f"{text(language, 'bikes_table')} {counts}"),
    }
