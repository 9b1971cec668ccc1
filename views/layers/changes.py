"""What a revision changed, in 3D: the changed things as blocks coloured by what befell them."""

from __future__ import annotations

from typing import Any

import polars as pl

from views import theme
from views.layers.deck import MATERIAL, layer, told

CHANGE: dict[str, theme.Colour] = {
    "added": theme.ACCENT,
    "removed": theme.ALARM,
    "moved": theme.COOL,
    "changed": theme.WARM,
    "re-identified": theme.MUTED,
}
"""Colour of a kind of change."""

THINNEST_M = 0.15
"""What is lower or thinner is drawn so thick, or it could not be seen."""


def changed(shapes: pl.DataFrame, words: dict[str, str]) -> Any:
    """Shapes: kind, ifc_class, name, storey, polygon, base_m, height_m; `words` name the kinds."""
    return layer(
        "SolidPolygonLayer",
        "changes",
        [_block(row, words) for row in shapes.drop_nulls("polygon").iter_rows(named=True)],
        get_polygon="polygon",
        get_elevation="height",
        get_fill_color="colour",
        extruded=True,
        material=MATERIAL,
        pickable=True,
        auto_highlight=True,
    )


def frame(storeys: pl.DataFrame) -> Any:
    """The storeys' outlines as lines, so that nothing hides what changed: polygon, base_m."""
    rings = [[[*p, round(r["base_m"], 2)] for p in r["polygon"]] for r in storeys.iter_rows(named=True)]
    return layer(
        "PathLayer",
        "frame",
        [{"path": [*ring, ring[0]]} for ring in rings],
        get_path="path",
        get_color=[*theme.BORDER],
        width_min_pixels=1,
        width_max_pixels=1,
        pickable=False,
    )


def _block(row: dict[str, Any], words: dict[str, str]) -> dict[str, Any]:
    named = " · ".join(word for word in (row["ifc_class"], row["storey"]) if word)
    return {
        "polygon": [[*point, round(row["base_m"], 2)] for point in row["polygon"]],
        "height": max(row["height_m"], THINNEST_M),
        "colour": [*CHANGE[row["kind"]]],
        "tip": told(row["name"] or row["ifc_class"] or "", words[row["kind"]], named),
    }
