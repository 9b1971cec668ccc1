"""Metro timetables as planned facts: TDX's first and last trains, headways, travel times, and trains by station.

    metro:<StationID>:<destination>:<days>:first, :last     state, the service day's clock: 24:02 is 0:02
    metro:<StationID>:<destination>:<days>:trains           how many leave on such a day
    metro-route:<RouteID>:<days>:<06:00-07:00>:shortest, :longest         headways, min
    metro-section:<RouteID>:<from>:<to>:run, :stop          s
    metro-station:<StationID>:address, metro-line:<LineID>:name           with name and place of the station

`days` are weekdays by number and `h` for national holidays (`12345`, `67h`; `events.feeds.metro.service_day`). A short
run stands under its own destination. What is planned has no instant: a fact holds from `UpdateTime`, or from
`EffectiveFrom` at the beginning of that day, until it is told otherwise. A headway of 0 is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from events.errors import PayloadError
from events.feeds.cells import Cell, Told, decoded_cells
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_texts import value_of
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.metro import timetable_rows as rows
from events.feeds.packed import text_of
from events.feeds.places import Place, place_of, station_rows
from events.feeds.refusals import Refused, quoted

KINDS: dict[str, Callable[[Mapping[str, Any]], Iterator[rows.Thing]]] = {
    "Timetables": rows.trains,
    "ServiceDay": rows.first_last,
    "Headways": rows.headways,
    "TravelTimes": rows.travel_times,
    "StationPosition": rows.station,
    "LineName": rows.line,
}
"""A member that only such rows have -> what they tell; of several the last counts but for the first."""


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings, states and facts of the rows."""
    decoded = decoded_cells("metro-timetable", _told, payloads)
    return replace(decoded, frames={"stations": station_rows(()), **decoded.frames})


def split(document: bytes) -> Sequence[bytes]:
    """A document as messages of about MESSAGE_BYTES; the trains of a kind of day stay together, as they are counted."""
    try:
        content = text_of(document)
        if len(content) <= MESSAGE_BYTES:
            return [document]
        single = [bytes(msgspec.json.encode(one)) for row in _rows(content) for one in _days_apart(row)]
    except PayloadError:
        return [document]
    return [b"[" + b",".join(part) + b"]" for part in parts(single, MESSAGE_BYTES)] or [document]


def _told(payload: Payload) -> Told:
    for row in _rows(text_of(payload.data)):
        try:
            told = row if isinstance(row, dict) else {}
            clock, place = _time(told), _place(told)
            for thing in _kind(told)(told):
                yield thing if isinstance(thing, Refused) else _cell(thing, clock, place, told)
        except PayloadError as error:
            yield Refused(0, str(error), rows.document_of(row))


def _rows(content: bytes) -> list[Any]:
    found = value_of(content)
    listed = found if isinstance(found, list) else [found]
    if not listed:
        raise PayloadError("a document without rows")
    return listed


def _days_apart(row: Any) -> list[Any]:
    tables = row.get("Timetables") if isinstance(row, dict) else None
    return [row | {"Timetables": [table]} for table in tables] if isinstance(tables, list) and tables else [row]


def _kind(row: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Iterator[rows.Thing]]:
    if "Headways" in row:
        return rows.headways
    if "Geometry" in row:
        raise PayloadError("a line's shape: the twin takes no shapes from a feed")
    found = next((tell for member, tell in KINDS.items() if member in row), None)
    if found is None:
        have = ", ".join(list(row)[:5]) or "nothing"
        raise PayloadError(f"a row with {have}, where one of {', '.join(KINDS)} is asked")
    return found


def _cell(thing: tuple[str, str | None, str], clock: str, place: Place | None, row: Mapping[str, Any]) -> Cell:
    point, unit, text = thing
    return Cell(point, unit, clock, text, lambda: rows.document_of(row), place=place)


def _time(row: Mapping[str, Any]) -> str:
    told = row.get("UpdateTime") or row.get("SrcUpdateTime")
    if isinstance(told, str):
        return told
    day = row.get("EffectiveFrom")
    if not isinstance(day, str):
        raise PayloadError(f"a row that tells neither UpdateTime nor EffectiveFrom, but {quoted(day)}")
    return f"{day} 00:00:00"


def _place(row: Mapping[str, Any]) -> Place | None:
    at, name = row.get("StationPosition"), row.get("StationName")
    if not isinstance(at, dict):
        return None
    called = name.get("Zh_tw") if isinstance(name, dict) else None
    station = f"metro-station:{row.get('StationID')}"
    return place_of(station, called, row.get("LocationTown"), at.get("PositionLon"), at.get("PositionLat"))
