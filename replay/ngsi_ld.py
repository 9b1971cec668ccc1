"""A frame of a cut as NGSI-LD entities (ETSI GS CIM 009): one a row, normalised form, with the core @context.

    id           urn:ngsi-ld:<type>:<identity>, percent-encoded; the unit behind it where a point reports several
    attributes   Property {value, observedAt, unitCode}; `location` a GeoProperty of longitude and latitude (WGS84);
                 a column that is null is left out, since NGSI-LD has no null
    observedAt   the row's event time, UTC
    unitCode     UN/CEFACT Recommendation 20; a unit that has no code there stands in a property of the property, `unit`

Terms that the core context does not know fall to its default vocabulary; they are the columns' names in camel case.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

import polars as pl

from replay.diff import identity
from replay.quantities import unit_of

CORE_CONTEXT = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld"

TYPES = {
    "readings": "MeasuringPoint",
    "states": "DeviceState",
    "docks": "BikeStationStatus",
    "stations": "BikeStation",
    "positions": "Vehicle",
    "arrivals": "ArrivalEstimate",
    "communities": "HousingCommunity",
    "buildings": "Building",
    "devices": "Device",
    "scenarios": "Scenario",
}
"""Frame -> type of its entities."""

PLACES = {"airbox": "AirSensor", "aqi": "AirQualityStation", "sta": "SensorSite", "health": "HealthStation"}
"""What a station is called whose name begins with such a word (`events.feeds.places`); others are bikes' and cars'."""

UNIT_CODES = {
    "J": "JOU", "Wh": "WHR", "kWh": "KWH", "W": "WTT", "kW": "KWT", "VA": "D46", "kVA": "KVA", "kvar": "KVR",
    "kVAh": "C79", "kvarh": "K3", "V": "VLT", "mV": "2Z", "A": "AMP", "mA": "4K", "Hz": "HTZ", "MHz": "MHZ",
    "m3": "MTQ", "l": "LTR", "m3/s": "MQS", "l/s": "G51", "Cel": "CEL", "K": "KEL", "%RH": "P1", "/100": "P1",
    "%": "P1", "/": "C62", "count": "C62", "ppm": "59", "Pa": "PAL", "hPa": "A97", "lx": "LUX", "dB": "2N",
    "s": "SEC", "min": "MIN", "h": "HUR", "m": "MTR", "km": "KMT", "cm": "CMT", "mm": "MMT", "m/s": "MTS",
    "km/h": "KMH", "kg": "KGM", "g": "GRM", "kg/m3": "KMQ", "ug/m3": "GQ", "deg from north": "DD", "C": "COU",
    "Ah": "AMH", "ohm": "OHM",
}  # fmt: skip
"""SenML unit (or ours) -> UN/CEFACT common code."""

_PLACE = ("longitude", "latitude")
_NO_ATTRIBUTE = ("time", "unit", *_PLACE)


def entities(frame: pl.DataFrame, name: str) -> list[dict[str, Any]]:
    """The rows of a cut's frame (`replay.diff.frame_of`) as NGSI-LD entities, in the frame's order."""
    key = identity(name)
    several = _several(frame) if name == "readings" else set()
    return [_entity(row, name, key, several) for row in frame.iter_rows(named=True)]


def _entity(row: dict[str, Any], name: str, key: tuple[str, ...], several: set[str]) -> dict[str, Any]:
    parts = [str(row[c]) for c in key if c != "unit" and row[c] is not None]
    parts += [row["unit"]] if row.get("point_id") in several else []
    kind = PLACES.get(parts[0].partition(":")[0], TYPES[name]) if name == "stations" else TYPES[name]
    told: dict[str, Any] = {
        "@context": [CORE_CONTEXT],
        "id": ":".join(["urn:ngsi-ld", kind, *(quote(part, safe="") for part in parts)]),
        "type": kind,
    }
    at = observed_at(row["time"])
    if all(row.get(c) is not None for c in _PLACE):
        point = {"type": "Point", "coordinates": [row[c] for c in _PLACE]}
        told["location"] = {"type": "GeoProperty", "value": point, "observedAt": at}
    for column, value in row.items():
        if value is not None and value != [] and column not in _NO_ATTRIBUTE:
            unit = row["unit"] if (name, column) == ("readings", "value") else unit_of(name, column)
            told[_camel(column)] = _property(value, unit, at)
    return told


def observed_at(time: datetime) -> str:
    """A time as NGSI-LD has it: UTC, with Z.

    >>> from datetime import UTC
    >>> observed_at(datetime(2026, 3, 1, 4, 30, tzinfo=UTC))
    '2026-03-01T04:30:00.000000Z'
    """
    return f"{time:%Y-%m-%dT%H:%M:%S.%f}Z"


def _property(value: Any, unit: str | None, at: str) -> dict[str, Any]:
    plain = observed_at(value) if isinstance(value, datetime) else value
    told: dict[str, Any] = {"type": "Property", "value": plain, "observedAt": at}
    if unit in UNIT_CODES:
        return told | {"unitCode": UNIT_CODES[unit]}
    return told | {"unit": {"type": "Property", "value": unit}} if unit else told


def _several(frame: pl.DataFrame) -> set[str]:
    """Points that report more than one unit."""
    return set(frame.filter(pl.col("point_id").is_duplicated())["point_id"].to_list())


def _camel(column: str) -> str:
    first, *rest = column.split("_")
    return first + "".join(word.capitalize() for word in rest)
