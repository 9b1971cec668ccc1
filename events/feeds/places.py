"""Where a station of any feed stands and what it is called, as rows of STATIONS beside its readings.

A place is told with a report and dated as the report is. A coordinate that cannot be is null, and so is 0, 0; a report
that tells neither name nor place makes no row. Longitude and latitude in degrees, WGS84.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from events.feeds.local_time import utc_times
from events.observations import STATIONS

LONGEST = 256
"""Characters of a name that are taken."""


@dataclass(frozen=True, slots=True)
class Place:
    """A station's identity (what its points begin with), and what is told of it."""

    station_id: str
    name: str | None
    district: str | None
    longitude: float | None
    latitude: float | None


@dataclass(frozen=True)
class Members:
    """Members of a report, by plain name (`events.feeds.json_texts.plain`), of which the first that is told counts."""

    name: tuple[str, ...]
    district: tuple[str, ...]
    longitude: tuple[str, ...]
    latitude: tuple[str, ...]

    def place(self, station_id: str, members: Mapping[str, Any]) -> Place | None:
        """What a report tells of its station, None where that is nothing."""
        told = [_first(members, names) for names in (self.name, self.district, self.longitude, self.latitude)]
        return place_of(station_id, *told)


def place_of(station_id: str, name: object, district: object, longitude: object, latitude: object) -> Place | None:
    """A place as told; None where neither a name nor coordinates are."""
    lon_deg, lat_deg = _degrees(longitude, 180), _degrees(latitude, 90)
    if lon_deg is None or lat_deg is None or (lon_deg, lat_deg) == (0, 0):
        lon_deg = lat_deg = None
    called = _text(name)
    if called is None and lon_deg is None:
        return None
    return Place(station_id, called, _text(district), lon_deg, lat_deg)


def station_rows(told: Iterable[tuple[int, str, Place | None]]) -> pl.DataFrame:
    """Rows of STATIONS of places told with a payload (its record) at a time as text; the same said twice is one row."""
    rows = [
        (p.station_id, clock, p.name, None, p.district, p.longitude, p.latitude, None, record)
        for record, clock, p in told
        if p is not None
    ]
    frame = pl.DataFrame(rows, schema={**STATIONS.decoded, "time": pl.String()}, orient="row")
    if not frame.height:
        return pl.DataFrame(schema=STATIONS.decoded)
    once = frame.unique(maintain_order=True)
    return once.with_columns(utc_times(once["time"])).drop_nulls("time")


def _first(members: Mapping[str, Any], names: tuple[str, ...]) -> object:
    return next((members[name] for name in names if _told(members.get(name))), None)


def _told(value: object) -> bool:
    return value is not None and str(value).strip() not in ("", "-", "N/A")


def _degrees(value: object, most: int) -> float | None:
    try:
        found = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        return None
    return found if abs(found) <= most else None


def _text(value: object) -> str | None:
    return value.strip()[:LONGEST] or None if isinstance(value, str) else None
