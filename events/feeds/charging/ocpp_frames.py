"""OCPP-J frames in a payload: calls of charging stations, found among replies, log prefixes and trailing junk.

    [2,"111","MeterValues",{…}],1972.47,1972.47          junk after the frame is cut
    charger8 : [2,"b546…","Heartbeat",{ }]               a log's prefix names the station
    {"station": "charger8", "message": [2, …]}           so does an envelope

A frame itself does not say whose it is (the connection does); without prefix or envelope the station is UNNAMED, which
is right only where one topic or file holds the frames of one station.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from events.errors import PayloadError
from events.feeds.limits import ROOM_VALUES, check_values

CALL, RESULT, ERROR = 2, 3, 4
UNNAMED = "unnamed"
STATION = ("station", "stationId", "chargingStationId", "chargePointId", "chargePoint", "cpId")
MESSAGE = ("message", "frame", "payload")

_LINES = re.compile(r"[^\r\n]+")


@dataclass(frozen=True)
class Frame:
    """One frame: whose, its action ("" for a reply), what it says, and the frame itself."""

    station: str
    action: str
    body: dict[str, Any]
    message: list[Any]

    def document(self, body: Mapping[str, Any] | None = None) -> bytes:
        """A document that holds this frame alone, with another body where one is given."""
        message = self.message if body is None else [*self.message[:3], body]
        told = {"station": self.station, "message": message}
        return json.dumps(told, ensure_ascii=False).encode(errors="replace")


@dataclass(frozen=True)
class Broken:
    """A line that holds no frame, and why."""

    reason: str
    document: bytes


def frames_of(content: str) -> Iterator[Frame | Broken]:
    """Frames of a payload: one frame, an envelope, or one a line; lines that start with `#` are remarks."""
    whole = _one_frame(content)
    if whole is not None:
        yield whole
        return
    empty = True
    for found in _LINES.finditer(content):
        line = found[0]
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        empty = False
        try:
            yield frame_of(line)
        except PayloadError as error:
            yield Broken(str(error), line.encode())
    if empty:
        raise PayloadError("no OCPP frame in it")


def frame_of(line: str) -> Frame:
    """The frame in one line; PayloadError when there is none."""
    text = line.strip()
    if text.startswith("{"):
        return _enveloped(_json(text)[0])
    start = text.find("[")
    if start < 0:
        raise PayloadError("no OCPP frame: no [ in it")
    who = text[:start].strip().rstrip(":").split()
    return _frame(who[0] if who else UNNAMED, _json(text[start:])[0])


def _one_frame(content: str) -> Frame | None:
    """A frame written over several lines, None when the payload is anything else."""
    text = content.strip()
    if "\n" not in text or text[:1] not in "[{":
        return None
    try:
        found, end = _json(text)
        if "\n" not in text[:end] or text[end:].strip():
            return None
        return _enveloped(found) if isinstance(found, dict) else _frame(UNNAMED, found)
    except PayloadError:
        return None


def _enveloped(found: Any) -> Frame:
    station = next((str(found[k]).strip() for k in STATION if isinstance(found.get(k), str | int)), "")
    message = next((found[k] for k in MESSAGE if k in found), None)
    if not station or message is None:
        raise PayloadError("an object without station and message where an OCPP frame is asked")
    return _frame(station, _json(message)[0] if isinstance(message, str) else message)


def _frame(station: str, found: Any) -> Frame:
    if not isinstance(found, list) or len(found) < 3 or isinstance(found[0], bool) or found[0] not in (2, 3, 4):
        raise PayloadError("no OCPP frame: an array that starts with 2, 3 or 4, and an id, is asked")
    if found[0] != CALL:
        return Frame(station, "", {}, found)
    if len(found) < 4 or not isinstance(found[2], str) or not isinstance(found[3], dict):
        raise PayloadError("an OCPP call without an action and a payload")
    return Frame(station, found[2], found[3], found)


def _json(text: str) -> tuple[Any, int]:
    """The JSON value that `text` starts with, and where it ends."""
    if len(text) > ROOM_VALUES:
        check_values(text.encode(errors="replace"))
    try:
        return _DECODER.raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise PayloadError(f"JSON: {str(error)[:120]}") from error


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON number")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)
