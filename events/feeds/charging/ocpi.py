"""OCPI 2.1.1, 2.2.1 and 2.3 charge detail records, sessions and locations to readings and states.

    {"data": [{"country_code": "TW", "party_id": "ABC", "id": "…", "end_date_time": …, "total_energy": 15.342,
               "total_cost": {"before_taxes": 99.0}, "currency": "TWD", …}], "status_code": 1000}

A payload is one object, an array, or a response with `data`. Of a record, at its `end_date_time`:

    ocpi:<country>:<party>:cdr:<id>:energy      kWh          :duration  h
    ocpi:<country>:<party>:cdr:<id>:cost        before taxes, unit the currency (ISO 4217)
    ocpi:<country>:<party>:cdr:<id>:connector   state `<location>:<evse>:<connector>`
    ocpi:<country>:<party>:cdr:<id>:standing    state `issued`

A credit note (`credit`, `credit_reference_id`) takes the record that it refers to back. Nothing is edited: at the
note's `last_updated` that record's energy, duration and cost are told again as 0, of quality substituted, and its
standing is `credited by <id>`. The note itself keeps a standing, `credit of <id>`, and the amount it returns as
`…:credit`. So the latest value of every `:cost` adds up to what is owed at any instant, whichever comes first.

    ocpi:<country>:<party>:session:<id>:energy, :status     of a session, at its `last_updated`
    ocpi:<country>:<party>:evse:<uid>:status                of each EVSE of a location, at its `last_updated`

Which of them an object is, its own members tell (`events.feeds.charging.ocpi_shapes`): a session may have a cost, too,
which is no `:cost` until a record settles it. Objects of 2.1.1 name no owner: `ocpi:unnamed`
(`events.feeds.charging.ocpi_older`). Times without a zone are UTC, as OCPI says.
An answer whose `data` is an empty list is sound and tells nothing.

Who charges (cdr_token, authorization_reference) is never read, and taken out of what goes to quarantine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from events.errors import PayloadError
from events.feeds.cells import STATE, Cell, Told, decoded_cells
from events.feeds.charging.ocpi_older import UNNAMED, in_newer_words, is_older
from events.feeds.charging.ocpi_shapes import Shape, shape_of
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_texts import text_of_value, value_of
from events.feeds.local_time import bare_is_utc
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, quoted
from events.observations import Quality

PERSONAL = ("cdr_token", "authorization_reference", "signed_data", "auth_id", "tariffs")
"""Members that say who charges, or may (signed data holds the token; tariffs are merely long)."""

WITHOUT_TAXES = ("before_taxes", "excl_vat")
"""Name of the amount in 2.3 and in 2.2.1."""


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings and states of records, credit notes and sessions."""
    return decoded_cells("ocpi", _told, payloads)


def _told(payload: Payload) -> Told:
    found = _objects(value_of(text_of(payload.data)))
    for one in found:
        document = msgspec.json.encode(_without_persons(one))
        try:
            yield from list(_cells(one, document))
        except PayloadError as error:
            yield Refused(0, str(error), document)


def _objects(found: Any) -> list[Any]:
    if isinstance(found, dict) and "data" in found:
        answer = found
        if found.get("status_code", 1000) != 1000:
            raise PayloadError(f"a response of status {quoted(found['status_code'])}, not 1000")
        found = found["data"]
        if found == [] and "status_code" in answer:
            return []
    if found == []:
        raise PayloadError("no record in it")
    return found if isinstance(found, list) else [found]


def _without_persons(one: Any) -> Any:
    return {name: v for name, v in one.items() if name not in PERSONAL} if isinstance(one, dict) else one


def _cells(one: Any, document: bytes) -> Iterator[Cell | Refused]:
    if not isinstance(one, dict):
        raise PayloadError(f"a record is {type(one).__name__}, not an object")
    older = is_older(one)
    owner = f"ocpi:{UNNAMED}" if older else f"ocpi:{_text(one, 'country_code')}:{_text(one, 'party_id')}"
    one = in_newer_words(one) if older else one
    match shape_of(one):
        case Shape.RECORD:
            yield from _credit(one, owner, document) if one.get("credit") is True else _record(one, owner, document)
        case Shape.SESSION:
            point, time = f"{owner}:session:{_text(one, 'id')}", _time(one, "last_updated")
            yield Cell(f"{point}:energy", "kWh", time, _text(one, "kwh"), document, 0)
            yield Cell(f"{point}:status", STATE, time, _text(one, "status"), document)
        case Shape.LOCATION:
            yield from _evses(one, owner, document)


def _evses(location: Mapping[str, Any], owner: str, document: bytes) -> Iterator[Cell | Refused]:
    """What each EVSE of a location says of itself; a location may have none (OCPI 2.1.1 to 2.3, Location.evses)."""
    listed = location.get("evses")
    if listed is None:
        return
    if not isinstance(listed, list):
        raise PayloadError(f"evses {quoted(listed)} is no list")
    for evse in listed:
        alone = partial(_location_of, document, evse)
        try:
            if not isinstance(evse, dict):
                raise PayloadError(f"evse {quoted(evse)} is no object")
            dated = evse if "last_updated" in evse else location
            point = f"{owner}:evse:{_text(evse, 'uid')}:status"
            yield Cell(point, STATE, _time(dated, "last_updated"), _text(evse, "status"), alone)
        except PayloadError as error:
            yield Refused(0, str(error), alone())


def _location_of(document: bytes, evse: Any) -> bytes:
    """The location with this EVSE as its only one."""
    return msgspec.json.encode({**msgspec.json.decode(document), "evses": [evse]})


def _record(cdr: Mapping[str, Any], owner: str, document: bytes) -> Iterator[Cell]:
    point, time = f"{owner}:cdr:{_text(cdr, 'id')}", _time(cdr, "end_date_time")
    if "credit_reference_id" in cdr:
        raise PayloadError(f"{point}: credit_reference_id in a record whose credit is {quoted(cdr.get('credit'))}")
    currency, amount = _cost(cdr)
    yield Cell(f"{point}:energy", "kWh", time, _text(cdr, "total_energy"), document, 0)
    yield Cell(f"{point}:duration", "h", time, _text(cdr, "total_time"), document, 0)
    yield Cell(f"{point}:cost", currency, time, amount, document)
    yield Cell(f"{point}:standing", STATE, time, "issued", document)
    if isinstance(cdr.get("cdr_location"), dict):
        yield Cell(f"{point}:connector", STATE, time, _connector(cdr["cdr_location"]), document)


def _credit(note: Mapping[str, Any], owner: str, document: bytes) -> Iterator[Cell]:
    """The note's own amount and standing, and the record it cancels told again as nothing."""
    name, referred, time = _text(note, "id"), _text(note, "credit_reference_id"), _time(note, "last_updated")
    if name == referred:
        raise PayloadError(f"credit note {name} refers to itself")
    own, cancelled = f"{owner}:cdr:{name}", f"{owner}:cdr:{referred}"
    currency, amount = _cost(note)
    yield Cell(f"{own}:credit", currency, time, amount, document)
    yield Cell(f"{own}:standing", STATE, time, f"credit of {referred}", document)
    yield Cell(f"{cancelled}:standing", STATE, time, f"credited by {name}", document)
    for quantity, unit in (("energy", "kWh"), ("duration", "h"), ("cost", currency)):
        yield Cell(f"{cancelled}:{quantity}", unit, time, "0", document, quality=Quality.SUBSTITUTED)


def _cost(cdr: Mapping[str, Any]) -> tuple[str, str]:
    """Currency and amount before taxes."""
    currency, price = _text(cdr, "currency"), cdr.get("total_cost")
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        raise PayloadError(f"currency {quoted(currency)} is no ISO 4217 code")
    if not isinstance(price, dict):
        raise PayloadError(f"total_cost {quoted(price)} is no price with before_taxes or excl_vat")
    name = next((n for n in WITHOUT_TAXES if n in price), WITHOUT_TAXES[0])
    return currency, _text(price, name)


def _connector(place: Mapping[str, Any]) -> str:
    return ":".join(_text(place, name) for name in ("id", "evse_uid", "connector_id") if place.get(name) is not None)


def _time(fields: Mapping[str, Any], name: str) -> str:
    """A time as text; without a zone it is UTC."""
    return bare_is_utc(_text(fields, name))


def _text(fields: Mapping[str, Any], name: str) -> str:
    """A member as text; PayloadError when it is missing or nested."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        raise PayloadError(f"{name} is {quoted(value)}")
    return text_of_value(value)
