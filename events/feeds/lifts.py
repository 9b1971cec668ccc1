"""Lifts as BACnet Lift objects, as a BACnet/IoT gateway publishes them in JSON, to readings and states.

    {"lift-id": "A1", "timestamp": "2026-08-20T11:41:52Z", "car-position": 5, "car-moving-direction": "up",
     "car-door-status": ["closed"], "car-load": 40, "car-load-units": "percent", "fault-signals": []}

A payload is one object, an array, or `{"objects": […]}`. Properties are named or numbered (458), spelt with dashes,
underscores or capitals, stand beside the identity or under `properties`, or come one at a time (`property`, `value`).
Enumerations are told by number or name. The time is `timestamp`; without one it is the arrival.

    lift:<id>:car_position, next_stopping_floor    floor, numbered from 1 at the lowest as BACnet does; unit ""
    lift:<id>:registered_car_call                  how many floors are called from within the car, unit ""
    lift:<id>:car_load                             /100 or kg, as car-load-units says; without units it is refused
    lift:<id>:energy_meter                         kWh, a register
    lift:<id>:passenger_alarm, car_door_zone, out_of_service     1 or 0, unit "/"
    lift:<id>:car_moving_direction, car_mode …     states in the standard's words (`lift_words`)
    lift:<id>:car_door_status:<door>               a state a door, numbered from 1
    lift:<id>:fault_signals                        a state: the signals joined by `;`, `none` when there are none

The id is `lift-id` or `global-id`, else `<device>:<instance>`, else the object's name, else its instance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from events.errors import PayloadError
from events.feeds.cells import STATE, Cell, Told, decoded_cells
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_texts import plain, text_of_value, value_of
from events.feeds.lift_words import BY_NAME, LOAD_UNITS, WORDS, word_of
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, quoted

NAMED = ("liftid", "globalid", "globallyuniqueid")
DEVICE = ("device", "deviceid", "deviceinstance", "deviceidentifier")
OBJECT = ("objectidentifier", "objectid", "instance", "objectinstance", "75")
TIME = ("timestamp", "time", "observedat", "updated")
FLOORS = ("car_position", "next_stopping_floor")
FLAGS = ("passenger_alarm", "car_door_zone", "out_of_service")
HIGHEST_FLOOR = 255
"""BACnet tells floors in one byte."""

_INSTANCE = re.compile(r"(?:lift|59)?\s*[,:_ -]?\s*(\d{1,7})", re.IGNORECASE)
_TRUTHS = {"true": "1", "active": "1", "1": "1", "false": "0", "inactive": "0", "0": "0"}


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings and states of the lifts."""
    return decoded_cells("bacnet-lift", _told, payloads)


def _told(payload: Payload) -> Told:
    found = value_of(text_of(payload.data))
    listed = found.get("objects", found) if isinstance(found, dict) else found
    for lift in listed if isinstance(listed, list) else [listed]:
        document = msgspec.json.encode(lift)
        try:
            yield from list(_cells(lift, payload.received_at.isoformat(), document))
        except PayloadError as error:
            yield Refused(0, str(error), document)


def _cells(lift: Any, arrival: str, document: bytes) -> Iterator[Cell | Refused]:
    if not isinstance(lift, dict):
        raise PayloadError(f"a lift is {type(lift).__name__}, not an object")
    fields = {plain(name): value for name, value in lift.items()}
    point = f"lift:{_identity(fields)}"
    told = {BY_NAME[name]: value for name, value in _properties(fields).items() if name in BY_NAME}
    if not told:
        raise PayloadError(f"{point}: no property of a Lift object, such as car-position")
    time = next((str(fields[n]) for n in TIME if isinstance(fields.get(n), str | int | float)), arrival)
    for name, value in told.items():
        if value is None or name == "car_load_units":
            continue
        try:
            yield from list(_property(point, name, value, time, document, told.get("car_load_units")))
        except PayloadError as error:
            yield Refused(0, str(error), document)


def _properties(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Properties by plain name or number, wherever they stand; a value may be wrapped in `value`."""
    found = dict(fields)
    nested = fields.get("properties")
    if isinstance(nested, dict):
        found |= {plain(name): value for name, value in nested.items()}
    one = fields.get("property", fields.get("propertyidentifier"))
    if isinstance(one, str | int) and not isinstance(one, bool):
        found[plain(str(one))] = fields.get("value", fields.get("presentvalue"))
    return {n: v["value"] if isinstance(v, dict) and "value" in v else v for n, v in found.items()}


def _identity(fields: Mapping[str, Any]) -> str:
    named = _first(fields, NAMED)
    if named:
        return named
    device, instance = _first(fields, DEVICE), _instance(fields)
    if device and instance:
        return f"{device}:{instance}"
    known = _first(fields, ("objectname", "77")) or instance
    if not known:
        raise PayloadError("a lift without lift-id, object-name or object-identifier")
    return known


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    texts = (str(fields[n]).strip() for n in names if type(fields.get(n)) in (str, int))
    return next(filter(None, texts), "")


def _instance(fields: Mapping[str, Any]) -> str:
    """The object's instance in `lift,3`, `59:3`, 3, ["lift", 3] or {"type": "lift", "instance": 3}."""
    told = next((fields[n] for n in OBJECT if n in fields), None)
    if isinstance(told, dict):
        told = told.get("instance")
    if isinstance(told, list) and len(told) == 2:
        told = told[1]
    found = _INSTANCE.fullmatch(str(told).strip()) if type(told) in (str, int) else None
    return found[1] if found else ""


def _property(point: str, name: str, value: Any, time: str, document: bytes, units: Any) -> Iterator[Cell]:
    here = f"{point}:{name}"
    if name == "car_door_status":
        for door, status in enumerate(value if isinstance(value, list) else [value], start=1):
            yield Cell(f"{here}:{door}", STATE, time, _word(here, name, status), document)
    elif name == "fault_signals":
        signals = value if isinstance(value, list) else [] if value in ("", "none") else [value]
        words = sorted({_word(here, name, signal) for signal in signals})
        yield Cell(here, STATE, time, ";".join(words) or "none", document)
    elif name == "registered_car_call":
        yield Cell(here, "", time, str(len(_floors(value))), document, 0)
    elif name in WORDS:
        yield Cell(here, STATE, time, _word(here, name, value), document)
    elif name in FLAGS:
        yield Cell(here, "/", time, _truth(here, value), document)
    elif name in FLOORS:
        yield Cell(here, "", time, _number(here, value), document, 0, HIGHEST_FLOOR)
    elif name == "car_load":
        unit = LOAD_UNITS.get(plain(str(units)))
        if unit is None:
            raise PayloadError(f"{here}: car-load-units {quoted(units)} is neither percent nor kilograms")
        yield Cell(here, unit, time, _number(here, value), document, 0, 100_000)
    else:
        yield Cell(here, "kWh", time, _number(here, value), document, 0)


def _floors(value: Any, depth: int = 3) -> set[int]:
    """Floors in a list of calls, or of lists of calls a door, with or without the member `floor-numbers`."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list) and depth:
        return {floor for one in value for floor in _floors(one, depth - 1)}
    return {value} if type(value) is int else set()


def _word(here: str, name: str, value: Any) -> str:
    word = word_of(name, value)
    if word is None:
        raise PayloadError(f"{here}: {quoted(value)} is not one of {', '.join(WORDS[name][:6])} …")
    return word


def _truth(here: str, value: Any) -> str:
    word = _TRUTHS.get(str(value).strip().lower())
    if word is None:
        raise PayloadError(f"{here}: {quoted(value)} is neither true nor false")
    return word


def _number(here: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise PayloadError(f"{here}: {quoted(value)} is no number")
    return text_of_value(value)
