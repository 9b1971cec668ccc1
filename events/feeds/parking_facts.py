"""Descriptions of Taipei's car parks (TCMSV_alldesc): what a lot is, beside what is free in it.

    {"data": {"UPDATETIME": "Wed Jun 25 00:00:00 CST 2025",
              "park": [{"id": "TPE0001", "name": "台灣聯通長春停車場", "area": "中山區", "tw97x": "302864.7812",
                        "tw97y": "2771989", "totalcar": 17, "totalmotor": 0, "ChargingStation": "0", …}]}}

    stations   `parking:<id>`: name, district, place, capacity (`totalcar`); slowly changing, as the bikes' stations
    readings   `parking:<id>:totalmotor`, `:totalbus`, `:totalbike`, `:totallargemotor`, `:ChargingStation` (sockets)

`tw97x` and `tw97y` are TWD97 / TM2 zone 121 (EPSG:3826), brought to WGS84, in either
order; degrees in their place are taken as such. A lot without them has the place of its
first entrance, whose `Xcod` holds the latitude and `Ycod` the longitude (the manual says the reverse); either order is
understood, as no longitude of Taiwan is a latitude.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import polars as pl

from events.feeds.cells import Cell
from events.feeds.json_texts import text_of_value
from events.feeds.local_time import utc_times
from events.feeds.refusals import Refused
from events.observations import STATIONS

if TYPE_CHECKING:
    import pyproj

TOTALS = ("totalmotor", "totalbus", "totalbike", "totallargemotor", "ChargingStation")
MOST = 100_000
"""More spaces than any lot has."""

EASTINGS_M, NORTHINGS_M = (140_000.0, 360_000.0), (2_400_000.0, 2_800_000.0)
"""Where Taiwan lies in EPSG:3826: a coordinate outside is a slip of the pen."""

LATITUDES, LONGITUDES = (21.0, 27.0), (117.0, 123.0)

Described = tuple[Mapping[str, Any], str, int]
"""A lot, its document's time as text, the index of its payload."""


def is_description(lot: object) -> bool:
    """Whether a lot is one of TCMSV_alldesc."""
    return isinstance(lot, dict) and "totalcar" in lot


def facts(lot: Mapping[str, Any], lot_id: str, time: str, document: bytes) -> Iterator[Cell | Refused]:
    """What the description counts, as cells."""
    if _is_time(time):
        for name in TOTALS:
            value = lot.get(name)
            if isinstance(value, str | int | float) and str(value).strip():
                yield Cell(f"parking:{lot_id}:{name}", "", time, text_of_value(value), document, 0, MOST)
        return
    yield Refused(0, f"lot {lot_id}: UPDATETIME '{time:.60}' is no time", document)


@lru_cache(maxsize=64)
def _is_time(text: str) -> bool:
    return not utc_times(pl.Series([text])).null_count()


def places(lots: Sequence[Described]) -> pl.DataFrame:
    """Rows of STATIONS, a lot each; a place or a capacity that cannot be is null."""
    rows = [(f"parking:{str(lot['id']).strip()}", time, *_what(lot), record) for lot, time, record in lots]
    columns = {**STATIONS.decoded, "time": pl.String()}
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    dated = frame.with_columns(utc_times(frame["time"]))
    return dated.drop_nulls("time").select(list(STATIONS.decoded))


def _what(lot: Mapping[str, Any]) -> tuple[str | None, str | None, str | None, float | None, float | None, int | None]:
    longitude, latitude = _place(lot)
    capacity = _number(lot.get("totalcar"))
    whole = int(capacity) if capacity is not None and 0 <= capacity <= MOST else None
    return _text(lot.get("name")), None, _text(lot.get("area")), longitude, latitude, whole


def _place(lot: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Longitude and latitude in degrees, WGS84, of the lot, else of its first entrance."""
    told_m = _number(lot.get("tw97x")), _number(lot.get("tw97y"))
    east_m, north_m = told_m if _within(told_m[0], EASTINGS_M) else told_m[::-1]
    if _within(east_m, EASTINGS_M) and _within(north_m, NORTHINGS_M):
        longitude, latitude = _to_degrees().transform(east_m, north_m)
        return round(longitude, 7), round(latitude, 7)
    entrances = lot.get("EntranceCoord")
    listed = entrances.get("EntrancecoordInfo") if isinstance(entrances, dict) else None
    first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
    told = [*told_m, *(_number(first.get(name)) for name in ("Xcod", "Ycod"))]
    latitudes = [v for v in told if _within(v, LATITUDES)]
    longitudes = [v for v in told if _within(v, LONGITUDES)]
    return (longitudes[0], latitudes[0]) if longitudes and latitudes else (None, None)


@cache
def _to_degrees() -> pyproj.Transformer:
    import pyproj  # slow to import, and few lots tell their place in metres

    return pyproj.Transformer.from_crs("EPSG:3826", "EPSG:4326", always_xy=True)


def _within(value: float | None, bounds: tuple[float, float]) -> bool:
    return value is not None and bounds[0] <= value <= bounds[1]


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, str | int | float) else None
    except (ValueError, OverflowError):
        return None


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
