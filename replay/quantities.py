"""Units of what the frames hold, for whoever shows or exports a number; `count` for things counted."""

from __future__ import annotations

UNITS: dict[str, dict[str, str]] = {
    "readings": {"value": "as in column unit (SenML, RFC 8428 and RFC 8798)"},
    "docks": dict.fromkeys(
        (
            "num_vehicles_available", "num_docks_available", "capacity", "num_ebikes_available",
            "num_vehicles_disabled", "num_docks_disabled",
        ),
        "count",
    ),
    "stations": {"longitude": "deg, WGS84", "latitude": "deg, WGS84", "capacity": "count"},
    "positions": {
        "longitude": "deg, WGS84", "latitude": "deg, WGS84", "bearing": "deg from north", "speed": "m/s",
    },
    "arrivals": {"estimate_s": "s", "delay_s": "s"},
    "communities": {
        "longitude": "deg, WGS84", "latitude": "deg, WGS84", "households": "count", "residents": "count",
    },
    "buildings": dict.fromkeys(("storeys", "dwellings", "devices", "elements"), "count"),
}  # fmt: skip
"""By frame and column; a column that is not here has no unit."""


def unit_of(frame: str, column: str) -> str | None:
    """The unit of a frame's column, None for a text, a flag or a time."""
    return UNITS.get(frame, {}).get(column)
