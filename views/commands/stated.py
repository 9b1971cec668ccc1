"""What a user knows of building models that do not say it: length unit, place, and which names mean what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from events.errors import UsageError

UNITS_M = {"m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048, "us-ft": 1200 / 3937}
"""Names of length units → metres."""

LengthUnit = Annotated[
    str | None,
    typer.Option(
        "--length-unit", metavar="UNIT", help=f"For files that name none: {', '.join(UNITS_M)} or metres 長度單位."
    ),
]
Site = Annotated[
    str | None, typer.Option("--site", metavar="LON,LAT", help="WGS84 degrees of the model's zero 基地經緯度.")
]
Mapping = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="FILE.toml", help="Which spaces are dwellings, which elements meters 對照檔."),
]


def stated(length_unit: str | None, site: str | None, mapping: Path | None) -> dict[str, Any]:
    """The options as `bim.load.load` takes them; what was not given is not in it. Raises UsageError."""
    given = {
        "length_unit_m": None if length_unit is None else _metres(length_unit),
        "site": None if site is None else _lon_lat(site),
        "mapping_file": mapping,
    }
    return {name: value for name, value in given.items() if value is not None}


def _metres(text: str) -> float:
    try:
        metres = UNITS_M[text] if text in UNITS_M else float(text)
    except ValueError:
        metres = 0.0
    if not 1e-6 <= metres <= 1e4:
        raise UsageError(f"--length-unit {text}: no length; give {', '.join(UNITS_M)}, or metres such as 0.001")
    return metres


def _lon_lat(text: str) -> tuple[float, float]:
    try:
        lon_deg, lat_deg = map(float, text.split(","))
    except ValueError:
        lon_deg, lat_deg = 999.0, 999.0
    if not (abs(lon_deg) <= 180.0 and abs(lat_deg) <= 90.0):
        raise UsageError(f"--site {text}: no place; give longitude and latitude in degrees, such as 121.60,25.05")
    return lon_deg, lat_deg
