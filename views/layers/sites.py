"""The sites: a column as high as it has homes, coloured by status; and models drawn storey by storey."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import polars as pl

from views import theme
from views.i18n import Language, named, status, text
from views.layers.deck import MATERIAL, layer, told

COLUMN_M_A_HOME = 1.1
SMALLEST_M = 40.0
COLUMN_RADIUS_M = 75.0
FROM_AFAR = 6.0
"""Models are drawn this much larger on the map of the whole city, or they would be dots."""


def columns(sites: pl.DataFrame, modelled: list[str], language: Language, chosen: str | None) -> Any:
    """A column a site; sites whose model is drawn are left to `models`."""
    rest = sites.filter(~pl.col("community_id").is_in(modelled))
    rows = [_column(r, language, chosen) for r in rest.iter_rows(named=True)]
    return layer(
        "ColumnLayer",
        "sites",
        rows,
        get_position="position",
        get_elevation="height",
        get_fill_color="colour",
        radius=COLUMN_RADIUS_M,
        disk_resolution=6,
        material=MATERIAL,
        extruded=True,
        pickable=True,
        auto_highlight=True,
    )


def models(
    storeys: Iterable[tuple[dict[str, Any], pl.DataFrame]], language: Language, chosen: str | None, factor: float
) -> Any:
    """Storeys of every model; `storeys` pairs a site's row with its models' footprints, `factor` enlarges each site."""
    rows = [row for site, prints in storeys for row in _storeys(site, prints, language, chosen, factor)]
    return layer(
        "SolidPolygonLayer",
        "models",
        rows,
        get_polygon="polygon",
        get_elevation="height",
        get_fill_color="colour",
        extruded=True,
        material=MATERIAL,
        pickable=True,
        auto_highlight=True,
    )


def tip(site: dict[str, Any], language: Language) -> str:
    """What the pointer shows of a site."""
    return told(
        named(language, site["name"], site["name_en"]),
        f"{site['district']} · {status(language, site['status'])}",
        f"{text(language, 'households')} {theme.number(site['households'])}",
    )


def _column(site: dict[str, Any], language: Language, chosen: str | None) -> dict[str, Any]:
    colour = theme.STATUS.get(site["status"], theme.OTHER_STATUS)
    return {
        "id": site["community_id"],
        "position": [site["longitude"], site["latitude"]],
        "height": SMALLEST_M + COLUMN_M_A_HOME * (site["households"] or 0),
        "colour": [*theme.TEXT] if site["community_id"] == chosen else [*colour, 225],
        "tip": tip(site, language),
    }


def _storeys(
    site: dict[str, Any], prints: pl.DataFrame, language: Language, chosen: str | None, factor: float
) -> Iterable[dict[str, Any]]:
    above = prints.filter((pl.col("base_m") >= 0) & pl.col("polygon").is_not_null())
    origin = (site["longitude"], site["latitude"])
    colour = theme.TEXT if site["community_id"] == chosen else theme.STATUS.get(site["status"], theme.OTHER_STATUS)
    shown = tip(site, language)
    for ring, base, height, order in above.select("polygon", "base_m", "height_m", "order").iter_rows():
        shade = 1.0 if order % 2 else 0.86
        yield {
            "id": site["community_id"],
            "polygon": [[*_away(point, origin, factor), base * factor] for point in ring],
            "height": height * factor * 0.82,
            "colour": [round(c * shade) for c in colour],
            "tip": shown,
        }


def _away(point: list[float], origin: tuple[float, float], factor: float) -> list[float]:
    return [round(o + (p - o) * factor, 6) for p, o in zip(point, origin, strict=True)]


def zoom_for(extent_m: float, pixels: float, latitude: float = 25.05) -> float:
    """Web Mercator zoom at which `extent_m` metres take `pixels` pixels."""
    metres_a_pixel = extent_m / pixels
    return math.log2(156_543.034 / 2 * math.cos(math.radians(latitude)) / metres_a_pixel)
