"""Weather of the Central Weather Administration to readings, states and facts: hourly tables, open data's observations.

    Date,Station,ObsTime,Temperature,Precp,GloblRad,…      CSV or Parquet, a row an hour; with City, Lon, Lat
    {"records": {"Station": [{"StationId", "StationName", "ObsTime": {"DateTime"}, "GeoInfo": {…},
                              "WeatherElement": {"AirTemperature", "Now": {"Precipitation"}, …}}]}}

Points are `weather:<station>:<measure>` (`events.feeds.weather.cwa_words`). ObsTime 1 to 24 is the hour that ends then:
24 is the next day's midnight. A mark in a number's place is a state `weather:<station>:<measure>:mark` (trace,
variable, fault, unknown, accumulated) and no reading; what is not observed is neither. Times are Taipei's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import polars as pl

from events.errors import PayloadError
from events.feeds.cells import decoded_frame
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_texts import SCALAR, plain, value_of
from events.feeds.limits import check_refused
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.packed import text_of, unpacked
from events.feeds.places import Members
from events.feeds.refusals import Refused, quoted
from events.feeds.tables import PARQUET, messages, text_table
from events.feeds.weather.cwa_words import FACTORS, MARKS, MEASURES, SILENT
from events.feeds.wide import Reports, cells_of, places_of

FORMAT = "cwa-weather"
PLACE = Members(
    ("stationname", "name"), ("countyname", "city"), ("stationlongitude", "lon"), ("stationlatitude", "lat")
)
"""Members that tell the place of `weather:<station>`; its district is the county."""

WGS84 = "WGS84"


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings and states of the stations' reports."""
    reports, refused = Reports(), list[Refused]()
    for record, payload in enumerate(payloads):
        odd, taken = list[Refused](), list[tuple[str, str, Mapping[str, Any]]]()
        try:
            for members in _reports(payload.data, record, odd):
                try:
                    taken.append((f"weather:{_station(members)}", _time(members), members))
                except PayloadError as error:
                    odd.append(Refused(record, f"{FORMAT}: {error}", _document(members)))
                    check_refused(len(odd), odd[0].reason)
        except PayloadError as error:
            refused.append(Refused(record, f"{FORMAT}: {error}", payload.data))
            continue
        refused += odd
        for point, clock, members in taken:
            reports.add(record, point, clock, members)
    frame = _marked(cells_of(reports, MEASURES, SILENT))
    decoded = decoded_frame(FORMAT, frame, lambda at: _document(reports.members[at]), refused)
    return replace(decoded, frames={**decoded.frames, "stations": places_of(reports, PLACE)})


def split(document: bytes) -> Sequence[bytes]:
    """A document as messages of about MESSAGE_BYTES."""
    try:
        if _is_table(document):
            return messages(document)
        rows = [bytes(msgspec.json.encode(row)) for row in _json_rows(document)]
    except PayloadError:
        return [document]
    return [b"[" + b",".join(part) + b"]" for part in parts(rows, MESSAGE_BYTES)] or [document]


def _marked(cells: pl.DataFrame) -> pl.DataFrame:
    """The cells with marks as states, and numbers to be brought to their unit."""
    mark = pl.col("text").replace_strict(MARKS, default=None, return_dtype=pl.String)
    number = pl.col("unit").is_not_null()
    marked = cells.with_columns(mark=pl.when(number).then(mark))
    measure = pl.col("point_id").str.split(":").list.last()
    factor = measure.replace_strict(FACTORS, default=1.0, return_dtype=pl.Float64)
    is_mark = pl.col("mark").is_not_null()
    return marked.with_columns(
        factor=factor,
        point_id=pl.when(is_mark).then(pl.concat_str("point_id", pl.lit(":mark"))).otherwise("point_id"),
        unit=pl.when(~is_mark).then("unit"),
        text=pl.coalesce("mark", "text"),
    ).drop("mark")


def _is_table(data: bytes) -> bool:
    content = unpacked(data)
    return content.startswith(PARQUET) or content.lstrip()[:1] not in (b"[", b"{")


def _reports(data: bytes, record: int, odd: list[Refused]) -> list[Mapping[str, Any]]:
    """Members by plain name of each report; rows that are none go to `odd`."""
    if _is_table(data):
        table = text_table(data)
        odd += [Refused(record, f"{FORMAT}: more fields than the header names", line) for line in table.ragged]
        names = [plain(name) for name in table.rows.columns]
        return [
            {n: v for n, v in zip(names, values, strict=True) if v is not None} for values in table.rows.iter_rows()
        ]
    found: list[Mapping[str, Any]] = []
    for row in _json_rows(data):
        if isinstance(row, dict):
            found.append(_members(row))
        else:
            odd.append(Refused(record, f"{FORMAT}: a report {quoted(row)} that is no object", _document(row)))
            check_refused(len(odd), odd[0].reason)
    return found


def _json_rows(data: bytes) -> list[Any]:
    found = value_of(text_of(data))
    for name in ("cwaopendata", "records", "dataset", "Dataset", "Station"):
        if isinstance(found, dict) and name in found:
            found = found[name]
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list) or not found:
        raise PayloadError("a document without stations")
    return found


def _members(row: Mapping[str, Any]) -> dict[str, Any]:
    """The scalars of a report, those of its time, place, elements and `Now` among them."""
    told = _scalars(row)
    geo, elements = _object(row.get("GeoInfo")), _object(row.get("WeatherElement"))
    places = geo.get("Coordinates")
    for place in places if isinstance(places, list) else []:
        if _object(place).get("CoordinateName", WGS84) == WGS84:
            told |= _scalars(_object(place))
    return (
        told
        | _scalars(geo)
        | _scalars(_object(row.get("ObsTime")))
        | _scalars(elements)
        | _scalars(_object(elements.get("Now")))
    )


def _scalars(told: Mapping[str, Any]) -> dict[str, Any]:
    return {plain(name): v for name, v in told.items() if isinstance(v, SCALAR)}


def _station(members: Mapping[str, Any]) -> str:
    station = str(members.get("stationid") or members.get("station") or members.get("stationno") or "").strip()
    if not station:
        raise PayloadError("a report without a station")
    if not any(name in members for name in MEASURES):
        raise PayloadError(f"a report of station {station} without a column such as Temperature or Precp")
    return station


def _time(members: Mapping[str, Any]) -> str:
    """The instant, or the end of the hour."""
    if "datetime" in members:
        return str(members["datetime"])
    day, hour = str(members.get("date", "")).strip(), str(members.get("obstime", "")).strip()
    if not hour.isdecimal():
        return hour if len(hour) > len("24") else f"{day} {hour}"
    if not 1 <= int(hour) <= 24:
        raise PayloadError(f"ObsTime {quoted(hour)} is no hour 1 to 24, by which the day's hours end")
    return f"{day} {int(hour):02}:00"


def _object(told: Any) -> Mapping[str, Any]:
    return told if isinstance(told, dict) else {}


def _document(members: Any) -> bytes:
    return bytes(msgspec.json.encode([members]))
