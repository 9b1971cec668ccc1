"""What moves: bike stations by what can be had there, vehicles of each kind and where they came from."""

from __future__ import annotations

from typing import Any

import polars as pl

from views import theme
from views.i18n import Language, named, text
from views.layers.deck import layer, told

FEW_SHARE = 0.2
"""Below this share of its docks a station has few bikes."""


def availability(bikes: int, docks: int, capacity: int) -> str:
    """none, few, some or full (no free dock): key of `theme.BIKES`.

    >>> availability(0, 20, 20), availability(2, 18, 20), availability(10, 10, 20), availability(20, 0, 20)
    ('none', 'few', 'some', 'full')
    """
    if bikes <= 0:
        return "none"
    if docks <= 0:
        return "full"
    return "few" if bikes < FEW_SHARE * max(capacity, 1) else "some"


def stations(frame: pl.DataFrame, language: Language) -> Any:
    """Bike stations as dots (columns: `views.data.Snapshot`)."""
    return layer(
        "ScatterplotLayer",
        "stations",
        [_station(r, language) for r in frame.iter_rows(named=True)],
        get_position="position",
        get_fill_color="colour",
        get_radius=28,
        radius_min_pixels=2.2,
        radius_max_pixels=6,
        pickable=True,
        auto_highlight=True,
    )


def vehicles(frame: pl.DataFrame, trails: pl.DataFrame, language: Language) -> list[Any]:
    """Vehicles as bright dots of their kind's colour, and the way each came."""
    ways = layer(
        "PathLayer",
        "trails",
        [r | {"colour": [*_colour(r["kind"]), 110]} for r in trails.iter_rows(named=True)],
        get_path="path",
        get_color="colour",
        width_min_pixels=2,
        width_max_pixels=3,
        get_width=12,
        cap_rounded=True,
        joint_rounded=True,
        pickable=False,
    )
    dots = layer(
        "ScatterplotLayer",
        "vehicles",
        [_vehicle(r, language) for r in frame.iter_rows(named=True)],
        get_position="position",
        get_fill_color="colour",
        get_radius=38,
        radius_min_pixels=3.2,
        radius_max_pixels=6,
        pickable=True,
        auto_highlight=True,
    )
    return [ways, dots]


def _station(row: dict[str, Any], language: Language) -> dict[str, Any]:
    bikes, docks, capacity = (row[c] for c in ("num_vehicles_available", "num_docks_available", "capacity"))
    counts = (
        f"{text(language, 'bikes_table')} {theme.number(bikes)} · {text(language, 'docks_table')} {theme.number(docks)}"
    )
    counts = counts if row["live"] else f"{text(language, 'bikes_stale_map')} · {counts}"
    colour = theme.BIKES[availability(bikes, docks or 0, capacity or 0)] if row["live"] else theme.UNKNOWN
    return {
        "id": row["station_id"],
        "position": [row["longitude"], row["latitude"]],
        "colour": [*colour, 235 if row["live"] else 120],
        "tip": told(named(language, row["name"], row["name_en"]), counts, theme.clock(row["time"])),
    }


def _vehicle(row: dict[str, Any], language: Language) -> dict[str, Any]:
    speed = theme.quantity(None if row["speed"] is None else row["speed"] * 3.6, "km/h")
    return {
        "id": row["vehicle_id"],
        "position": [row["longitude"], row["latitude"]],
        "colour": [*_colour(row["kind"])],
        "tip": told(f"{vehicle(language, row['kind'])} {row['route_id'] or ''}", f"{row['vehicle_id']} · {speed}"),
    }


def vehicle(language: Language, kind: str) -> str:
    """The word for a kind of vehicle."""
    return text(language, f"vehicle_{kind if kind in theme.VEHICLES else 'other'}")


def _colour(kind: str) -> theme.Colour:
    return theme.VEHICLES.get(kind, theme.VEHICLES["other"])
