"""NGSI-LD entities (ETSI GS CIM 009) to readings, states and facts: what a context broker tells, or notifies of.

    {"id": "urn:ngsi-ld:OffStreetParking:Downtown1", "type": "OffStreetParking",
     "availableSpotNumber": {"type": "Property", "value": 121, "observedAt": "2017-07-29T12:05:02Z"}, …}

Points are `ngsi:<id>:<attribute>`, with `:<datasetId>` where one is told. A number is a reading in the unit of its
`unitCode` (UN/CEFACT, `events.feeds.units.unece`), without one in none (""); an unknown code is refused. True and false
are 1 and 0. Texts, relationships (the entity's id), dates, lists and objects (as JSON) are states; of a
LanguageProperty Chinese of Taiwan first. `location`, a point, and `name` are the station `ngsi:<id>`'s. Properties of
properties are passed over. An attribute that is deleted (`urn:ngsi-ld:null`) is the state `deleted`.

The time is `observedAt`, else the entity's `dateObserved` (of an interval its end), else what was modified last, else
when it was notified or arrived; UTC where no zone is told. Shapes: `events.feeds.context.shapes`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from events.errors import PayloadError
from events.feeds.buses.alerts import preferred
from events.feeds.cells import STATE, Cell, Told, decoded_cells
from events.feeds.context.shapes import Attribute, attributes_of, entities_of
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_texts import text_of_value, value_of
from events.feeds.local_time import bare_is_utc
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.packed import text_of
from events.feeds.places import Place, place_of
from events.feeds.refusals import Refused, quoted
from events.feeds.units.unece import unit_of_code
from events.feeds.units.written import Unit, unit_of

DELETED = "urn:ngsi-ld:null"
DATED = ("dateObserved", "dateLastReported", "observationDateTime")
"""Attributes of Smart Data Models that tell when an entity was observed."""


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings, states and facts of the entities; an attribute that cannot be taken is refused alone."""
    return decoded_cells("ngsi-ld", _told, payloads)


def split(document: bytes) -> Sequence[bytes]:
    """An array of entities as arrays of about MESSAGE_BYTES; another document stays whole."""
    try:
        content = text_of(document)
        if len(content) <= MESSAGE_BYTES:
            return [document]
        rows = [_document(dict(e, notifiedAt=t) if t else e) for e, t in entities_of(value_of(content))]
    except (PayloadError, TypeError, ValueError):
        return [document]
    return [b"[" + b",".join(part) + b"]" for part in parts(rows, MESSAGE_BYTES)] or [document]


def _told(payload: Payload) -> Told:
    found = value_of(text_of(payload.data))
    listed = list(entities_of(found))
    if not listed and not isinstance(found, dict):
        raise PayloadError("no entity in it")
    for entity, notified_at in listed:
        try:
            yield from _cells(entity, notified_at or payload.received_at.isoformat())
        except PayloadError as error:
            yield Refused(0, str(error), _document(entity))


def _cells(entity: Any, otherwise: str) -> Iterator[Cell | Refused]:
    if not isinstance(entity, dict):
        raise PayloadError(f"an entity {quoted(entity)} that is no object")
    name = entity.get("id") or entity.get("@id")
    if not isinstance(name, str) or not name.strip():
        raise PayloadError("an entity without an id")
    attributes = list(attributes_of(entity))
    station, clock = f"ngsi:{name.strip()}", _clock(entity, attributes, otherwise)
    place = _place(station, attributes)
    if isinstance(entity.get("deletedAt"), str):
        yield _state(f"{station}:deleted_at", entity["deletedAt"], entity["deletedAt"], partial(_document, entity))
    tells = "location" if any(a.name == "location" for a in attributes) else "name"
    for attribute in attributes:
        document = partial(_alone, name, attribute, clock)
        try:
            cell = _cell(station, attribute, clock, document)
        except PayloadError as error:
            yield Refused(0, f"{station}:{attribute.name}: {error}", document())
            continue
        yield replace(cell, place=place) if attribute.name == tells else cell
    if not attributes and "deletedAt" not in entity and "type" not in entity:
        raise PayloadError(f"{station}: an entity without a type and without attributes")


def _cell(station: str, attribute: Attribute, clock: str, document: partial[bytes]) -> Cell:
    dataset = attribute.members.get("datasetId")
    point = f"{station}:{attribute.name}" + (f":{dataset}" if isinstance(dataset, str) else "")
    time, told = bare_is_utc(attribute.observed_at) if attribute.observed_at else clock, attribute.told
    if told is None or told == DELETED:
        return _state(point, time, "deleted", document)
    if isinstance(told, bool):
        return Cell(point, "/", time, text_of_value(told), document)
    if isinstance(told, int | float):
        unit, factor = _unit(attribute.members)
        return Cell(point, unit, time, text_of_value(told), document, factor=factor)
    return _state(point, time, _text(attribute), document)


def _state(point: str, time: str, text: str, document: partial[bytes]) -> Cell:
    return Cell(point, STATE, bare_is_utc(time), text, document)


def _unit(members: Mapping[str, Any]) -> Unit:
    code, further = members.get("unitCode"), members.get("unit")
    if code is None:
        word = further.get("value") if isinstance(further, dict) else None
        return (unit_of(word) or ("", 1.0)) if isinstance(word, str) else ("", 1.0)
    found = unit_of_code(str(code))
    if found is None:
        raise PayloadError(f"unitCode {quoted(code)} has no SenML unit")
    return found


def _text(attribute: Attribute) -> str:
    """What is told as a text: dates and ids themselves, whatever else is nested as JSON."""
    told = attribute.told
    if attribute.kind == "LanguageProperty" and isinstance(told, dict):
        by_language = {str(k).casefold(): v for k, v in told.items() if isinstance(v, str)}
        if by_language:
            return preferred(by_language)
    if isinstance(told, dict) and isinstance(told.get("@value"), str):
        return str(told["@value"])
    return told if isinstance(told, str) else _document(told).decode()


def _clock(entity: Mapping[str, Any], attributes: Sequence[Attribute], otherwise: str) -> str:
    by_name = {a.name: _text(a) for a in attributes if a.name in DATED and a.told is not None}
    dated = next((by_name[name].rpartition("/")[2] for name in DATED if by_name.get(name)), None)
    told = dated or entity.get("modifiedAt") or entity.get("createdAt") or entity.get("notifiedAt")
    return bare_is_utc(told) if isinstance(told, str) and told else otherwise


def _place(station: str, attributes: Sequence[Attribute]) -> Place | None:
    at = next((p for a in attributes if a.name == "location" and (p := _point(a.told))), (None, None))
    name = next((_text(a) for a in attributes if a.name == "name" and isinstance(a.told, str | dict)), None)
    return place_of(station, name, None, *at)


def _point(told: Any) -> tuple[float, float] | None:
    at = told.get("coordinates") if isinstance(told, dict) and told.get("type") == "Point" else None
    if not isinstance(at, list) or len(at) < 2 or not all(isinstance(n, int | float) for n in at[:2]):
        return None
    return (at[0], at[1]) if all(map(math.isfinite, at[:2])) else None


def _alone(name: str, attribute: Attribute, clock: str) -> bytes:
    """The entity with this attribute alone."""
    told: Any = dict(attribute.members) or attribute.told
    if isinstance(told, dict) and attribute.members:
        told.pop("values", None)
        told |= {"value": attribute.told} if attribute.kind == "Property" else {}
        told |= {"observedAt": attribute.observed_at} if attribute.observed_at else {}
    return _document({"id": name, "type": "Entity", "modifiedAt": clock, attribute.name: told})


def _document(told: Any) -> bytes:
    return bytes(msgspec.json.encode(told))
