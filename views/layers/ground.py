"""The ground: the twelve districts and their names."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from views import theme
from views.i18n import Language, named
from views.layers.deck import auto_characters, layer


def districts(geojson: dict[str, Any], language: Language, chosen: str | None) -> list[Any]:
    """District outlines and names; `chosen` is a district's Chinese name."""
    rows = [_row(f, language, chosen) for f in geojson["features"]]
    land = layer(
        "PolygonLayer",
        "districts",
        rows,
        get_polygon="polygon",
        get_fill_color="fill",
        get_line_color=[*theme.BORDER],
        line_width_min_pixels=1,
        line_width_max_pixels=1.6,
        get_line_width=18,
        stroked=True,
        filled=True,
        pickable=False,
    )
    names = layer(
        "TextLayer",
        "district-names",
        rows,
        get_position="centre",
        get_text="label",
        get_size=13,
        get_color=[*theme.MUTED, 190],
        character_set=auto_characters(),
        font_family="'Noto Sans CJK TC'",
        parameters={"depthCompare": "always"},
        pickable=False,
    )
    return [land, names]


def same_name(district: str) -> str:
    """A district's name as the outlines spell it: 台 and 臺 are one, and a city before it is dropped.

    >>> same_name("臺北市大安區")
    '大安區'
    """
    return district.replace("台", "臺").removeprefix("臺北市").strip()


def centre(ring: list[list[float]]) -> list[float]:
    """Centroid of a closed ring's area, degrees (small enough to be taken as a plane)."""
    twice = x = y = 0.0
    for (x0, y0), (x1, y1) in pairwise(ring):
        cross = (x0 - ring[0][0]) * (y1 - ring[0][1]) - (x1 - ring[0][0]) * (y0 - ring[0][1])
        twice += cross
        x += (x0 + x1 + ring[0][0]) / 3 * cross
        y += (y0 + y1 + ring[0][1]) / 3 * cross
    return [x / twice, y / twice] if twice else ring[0]


def _row(feature: dict[str, Any], language: Language, chosen: str | None) -> dict[str, Any]:
    known, ring = feature["properties"], feature["geometry"]["coordinates"][0]
    bright = chosen is not None and same_name(chosen) == same_name(known["name"])
    return {
        "polygon": ring,
        "centre": centre(ring),
        "label": named(language, known["name"], known["name_en"]),
        "fill": [31, 47, 65] if bright else [*theme.LAND],
    }
