"""Rows of a metro's documents, each as what it tells: a point, its unit (None: a state) and a text.

A row that tells several things of which one is odd tells the others; the odd one comes as a Refused whose document is
the row with nothing else in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from events.errors import PayloadError
from events.feeds.cells import STATE
from events.feeds.json_texts import text_of_value
from events.feeds.metro.service_day import days_of, service_clock
from events.feeds.refusals import Refused, quoted

Thing = tuple[str, str | None, str] | Refused
"""Point, unit and text, or why a part cannot be taken."""


@dataclass
class _Calls:
    """Departures of a station towards a destination: the first, the last, how many."""

    clocks: list[str] = field(default_factory=list)

    def things(self, point: str) -> Iterator[Thing]:
        """What is told of them."""
        yield f"{point}:first", STATE, min(self.clocks)
        yield f"{point}:last", STATE, max(self.clocks)
        yield f"{point}:trains", "count", str(len(self.clocks))


def first_last(row: Mapping[str, Any]) -> Iterator[Thing]:
    """First and last train of a station towards a destination."""
    point = (
        f"metro:{_text(row, 'StationID')}:{_name(row.get('DestinationStationName'))}:{days_of(row.get('ServiceDay'))}"
    )
    for name, member in (("first", "FirstTrainTime"), ("last", "LastTrainTime")):
        if row.get(member) not in (None, ""):
            other = {n: v for n, v in row.items() if n not in ("FirstTrainTime", "LastTrainTime")}
            yield _clock(f"{point}:{name}", row[member], other | {member: row[member]})


def headways(row: Mapping[str, Any]) -> Iterator[Thing]:
    """Shortest and longest headway of a route in each stretch of a service day; 0 is not told."""
    route, days, listed = _text(row, "RouteID"), days_of(row.get("ServiceDay")), row.get("Headways")
    for stretch in listed if isinstance(listed, list) else []:
        try:
            told = stretch if isinstance(stretch, dict) else {}
            start, end = (service_clock(told.get(n)) for n in ("StartTime", "EndTime"))
            found = [(word, told.get(f"{m}HeadwayMins")) for word, m in (("shortest", "Min"), ("longest", "Max"))]
            things = [(f"metro-route:{route}:{days}:{start}-{end}:{w}", "min", _number(v)) for w, v in found if v]
        except PayloadError as error:
            yield _odd(f"metro-route:{route}", error, dict(row) | {"Headways": [stretch]})
            continue
        yield from things


def travel_times(row: Mapping[str, Any]) -> Iterator[Thing]:
    """Seconds from station to station, and of the stop before."""
    route, listed = _text(row, "RouteID"), row.get("TravelTimes")
    for section in listed if isinstance(listed, list) else []:
        try:
            told = section if isinstance(section, dict) else {}
            point = f"metro-section:{route}:{_text(told, 'FromStationID')}:{_text(told, 'ToStationID')}"
            found = [
                (word, told[m]) for word, m in (("run", "RunTime"), ("stop", "StopTime")) if told.get(m) is not None
            ]
            things = [(f"{point}:{word}", "s", _number(value)) for word, value in found]
        except PayloadError as error:
            yield _odd(f"metro-section:{route}", error, dict(row) | {"TravelTimes": [section]})
            continue
        yield from things


def trains(row: Mapping[str, Any]) -> Iterator[Thing]:
    """First and last departure, and how many there are, of each station towards each destination, short runs apart."""
    calls: dict[str, _Calls] = {}
    for table in row["Timetables"] if isinstance(row.get("Timetables"), list) else []:
        try:
            told = table if isinstance(table, dict) else {}
            days, listed = days_of(told.get("Days")), told.get("Trains")
        except PayloadError as error:
            yield _odd("metro", error, dict(row) | {"Timetables": [table]})
            continue
        for train in listed if isinstance(listed, list) else []:
            for call in _schedule(train):
                try:
                    point = f"metro:{_text(call, 'StationCode')}:{_text(train, 'Dst')}:{days}"
                    calls.setdefault(point, _Calls()).clocks.append(service_clock(call.get("DepTime")))
                except PayloadError as error:
                    alone = {"Days": told["Days"], "Trains": [dict(train) | {"Schedule": [call]}]}
                    yield _odd("metro", error, dict(row) | {"Timetables": [alone]})
    for point, told_calls in calls.items():
        if told_calls.clocks:
            yield from told_calls.things(point)


def station(row: Mapping[str, Any]) -> Iterator[Thing]:
    """A station's address; its name and place ride along."""
    yield f"metro-station:{_text(row, 'StationID')}:address", STATE, str(row.get("StationAddress") or "—")


def line(row: Mapping[str, Any]) -> Iterator[Thing]:
    """A line's name."""
    yield f"metro-line:{_text(row, 'LineID')}:name", STATE, _name(row.get("LineName"))


def document_of(row: Any) -> bytes:
    """A document of one row."""
    return bytes(msgspec.json.encode([row]))


def _schedule(train: Any) -> list[Mapping[str, Any]]:
    told = train.get("Schedule") if isinstance(train, dict) else None
    return [call for call in told if isinstance(call, dict)] if isinstance(told, list) else []


def _clock(point: str, told: Any, row: Mapping[str, Any]) -> Thing:
    try:
        return point, STATE, service_clock(told)
    except PayloadError as error:
        return _odd(point, error, row)


def _odd(point: str, error: PayloadError, row: Mapping[str, Any]) -> Refused:
    return Refused(0, f"{point}: {error}", document_of(row))


def _text(row: Mapping[str, Any], member: str) -> str:
    told = row.get(member)
    text = str(told).strip() if isinstance(told, str | int) and not isinstance(told, bool) else ""
    if not text:
        raise PayloadError(f"no {member}")
    return text


def _name(told: Any) -> str:
    names = told if isinstance(told, dict) else {}
    found = names.get("Zh_tw") or names.get("En")
    if not isinstance(found, str) or not found.strip():
        raise PayloadError(f"{quoted(told)} is no name in Zh_tw or En")
    return found.strip()


def _number(told: Any) -> str:
    if not isinstance(told, int | float) or isinstance(told, bool) or told < 0:
        raise PayloadError(f"{quoted(told)} is no duration")
    return text_of_value(told)
