"""Taipei's car parks (TCMSV) to readings, states and places: free spaces and charging sockets.

    {"data": {"UPDATETIME": "Fri Jun 27 10:58:00 CST 2025",
              "park": [{"id": "139", "availablecar": 4, "availablebus": -9,
                        "ChargeStation": {"scoketStatusList": [{"spot_abrv": "85051710-C3707", …}]}}]}}

    parking:<id>:availablecar …       free spaces, unit ""; a text instead of a number where the lot tells no count
    parking:<id>:socket:<spot_abrv>   what the socket says of itself (待機中 idle, 充電中 charging), a state
    parking:<id>:sockets_idle, …_charging   how many of its sockets say so

-9 means that the lot cannot tell now: no reading, and none is counted. -11, -12 and -13 mean spaces without a count
(api_Readme): the states `enough`, `under half`, `short`. Any other negative is documented nowhere and is refused.
Descriptions of the lots are read by `events.feeds.parking_facts`, the message signs by `events.feeds.parking_signs`.
`CST` is China Standard Time here, UTC+8. Ids are `139` or `TPE0001`; both are kept as they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from events.errors import PayloadError
from events.feeds.cells import STATE, Cell, Told, decoded_cells
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_rows import fields_of, rows_of
from events.feeds.json_texts import text_of_value, value_of
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.packed import text_of, unpacked
from events.feeds.parking_facts import Described, facts, is_description, places
from events.feeds.parking_signs import is_signs, signs
from events.feeds.refusals import Refused, quoted

COUNTS = (
    "availablecar", "availablemotor", "availablebus", "availablehandicap", "availablepregnancy", "availableheavymotor",
)  # fmt: skip
CANNOT_TELL = -9
SILENT: tuple[object, ...] = (None, CANNOT_TELL, "", {})
"""What stands where a lot tells nothing; `{}` is what its converter from XML makes of an empty element."""

WITHOUT_COUNT = {-11: "enough", -12: "under half", -13: "short"}
SOCKETS = {"待機中": "sockets_idle", "充電中": "sockets_charging"}
"""State of a socket -> the count it is in."""

MOST = 100_000
"""More spaces than any lot has."""

_CTIME = re.compile(r"[A-Za-z]{3} ([A-Za-z]{3}) +(\d{1,2}) (\d\d:\d\d:\d\d) (?:CST|GMT\+0?8:?0?0?) (\d{4})")
_INTEGER = re.compile(r"(-?\d{1,9})(?:\.0+)?")
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, start=1)}


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings and states of the lots and of the message signs; places of the lots that are described."""
    decoded = decoded_cells("parking", _told, payloads)
    described = [lot for record, payload in enumerate(payloads) for lot in _described(payload, record)]
    return replace(decoded, frames={**decoded.frames, "stations": places(described)})


def split(document: bytes) -> Sequence[bytes]:
    """A document as messages of about MESSAGE_BYTES, each with the document's time."""
    try:
        time, lots = _lots(text_of(document))
    except PayloadError:
        return [document]
    return [_document(time, part) for part in parts(lots, MESSAGE_BYTES)]


def _told(payload: Payload) -> Told:
    if is_signs(content := unpacked(payload.data)):
        yield from signs(content)
        return
    time, lots = _lots(text_of(content))
    instant = _instant(time)
    for lot in lots:
        yield from _lot(lot, instant, _document(time, [lot]))


def _described(payload: Payload, record: int) -> Iterator[Described]:
    """The lots of a description; nothing of any other document."""
    try:
        content = unpacked(payload.data)
        if b'"totalcar"' not in content:
            return
        time, lots = _lots(text_of(content))
        for row in lots:
            lot = value_of(row)
            if is_description(lot) and _lot_id(lot):
                yield lot, _instant(time), record
    except PayloadError:  # refused where its values are read
        return


def _lots(content: bytes) -> tuple[bytes, list[bytes]]:
    """The document's time, as JSON, and its lots; PayloadError when it is another document."""
    fields = fields_of(content)
    data = fields_of(fields["data"]) if "data" in fields else fields
    if "park" not in data or "UPDATETIME" not in data:
        have = ", ".join(list(data)[:5]) or "nothing"
        raise PayloadError(f"data holds {have} where UPDATETIME and park are asked")
    lots = rows_of(data["park"])
    if not lots:
        raise PayloadError("a document without car parks")
    return data["UPDATETIME"], lots


def _document(time: bytes, lots: list[bytes]) -> bytes:
    return b'{"data":{"UPDATETIME":' + time + b',"park":[' + b",".join(lots) + b"]}}"


def _instant(time: bytes) -> str:
    """The document's time in ISO form; a text in another form stays, to be read or refused as it is."""
    text = str(msgspec.json.decode(time))
    found = _CTIME.fullmatch(text.strip())
    if not found or found[1].title() not in _MONTHS:
        return text
    return f"{found[4]}-{_MONTHS[found[1].title()]:02d}-{int(found[2]):02d}T{found[3]}+08:00"


def _lot(row: bytes, time: str, document: bytes) -> Iterator[Cell | Refused]:
    try:
        lot = value_of(row)
    except PayloadError as error:
        yield Refused(0, str(error), document)
        return
    lot_id = _lot_id(lot)
    if not lot_id:
        yield Refused(0, "a lot without an id", document)
        return
    if is_description(lot):
        yield from facts(lot, lot_id, time, document)
        return
    if not any(name in lot for name in (*COUNTS, "ChargeStation")):
        yield Refused(0, f"lot {lot_id} with neither {COUNTS[0]} nor another count", document)
    for name in COUNTS:
        if lot.get(name, CANNOT_TELL) not in SILENT:
            yield from _count(f"parking:{lot_id}:{name}", lot[name], time, document)
    if lot.get("ChargeStation"):
        yield from _sockets(lot_id, lot["ChargeStation"], time, document)


def _lot_id(lot: Any) -> str:
    """The lot's id, empty where it has none."""
    told = lot.get("id") if isinstance(lot, dict) else None
    return str(told).strip() if type(told) in (str, int) else ""


def _count(point: str, value: Any, time: str, document: bytes) -> Iterator[Cell | Refused]:
    if type(value) is int and 0 <= value <= MOST:
        yield Cell(point, "", time, str(value), document, 0, MOST)
        return
    if not isinstance(value, str | int | float):
        yield Refused(0, f"{point}: {quoted(value)} is no count", document)
        return
    text = text_of_value(value).strip()
    found = _INTEGER.fullmatch(text)
    number = int(found[1]) if found else None
    if number in WITHOUT_COUNT:
        yield Cell(point, STATE, time, WITHOUT_COUNT[number], document)
    elif number is None:
        yield Refused(0, f"{point}: {quoted(text)} is no count", document)
    elif number != CANNOT_TELL:
        yield Cell(point, "", time, text, document, 0, MOST)


def _sockets(lot_id: str, station: Any, time: str, document: bytes) -> Iterator[Cell | Refused]:
    listed = station.get("scoketStatusList", station.get("socketStatusList")) if isinstance(station, dict) else None
    if isinstance(listed, dict):  # one socket, or none, as the converter from XML writes them
        listed = [listed] if listed else []
    if not isinstance(listed, list):
        yield Refused(0, f"parking:{lot_id}: ChargeStation without scoketStatusList", document)
        return
    seen: Counter[str] = Counter()
    for socket in listed:
        spot, status = (
            (socket.get("spot_abrv"), socket.get("spot_status")) if isinstance(socket, dict) else (None, None)
        )
        if not (isinstance(spot, str) and spot.strip() and isinstance(status, str) and status.strip()):
            yield Refused(0, f"parking:{lot_id}: a socket without spot_abrv or spot_status", document)
            continue
        seen[status.strip()] += 1
        yield Cell(f"parking:{lot_id}:socket:{spot.strip()}", STATE, time, status.strip(), document)
    if seen:
        for status, name in SOCKETS.items():
            yield Cell(f"parking:{lot_id}:{name}", "", time, str(seen[status]), document, 0)
