"""Public health stations: the state of the device and counts, never a person's values.

    {"station_id": "HS-007", "timestamp": "2026-08-20T11:41:52+08:00", "device_state": "ok", "measurement_count": 31,
     "out_of_range_count": 4}

    health:<station>:device_state          a state of STATES
    health:<station>:measurement_count …   COUNTS since the start of the day, unit "count"
    health:<station>                       a station: `station_name`, `longitude`, `latitude`, where they are told

Nothing else is taken. What a report says beside this (blood pressure, glucose, who was measured …) is refused, and the
report that goes to quarantine holds only the members above: the rest is dropped here, before anything is stored, and
the refusal says which. Names of members are told only where they are words that a device uses (MEASURED); a member's
name may itself be a person's. A payload that cannot be read at all is replaced by its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from events.errors import PayloadError
from events.feeds.cells import STATE, Cell, Told, decoded_cells
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_texts import plain, value_of
from events.feeds.packed import text_of
from events.feeds.places import place_of
from events.feeds.refusals import Refused

STATES = ("ok", "warning", "fault", "offline", "maintenance", "starting", "low_battery", "door_open", "out_of_paper")
"""What a device may say of itself."""

COUNTS = ("measurement_count", "out_of_range_count", "visit_count", "error_count", "restart_count")
STATION, TIME, STATE_NAME, DROPPED = "station_id", "timestamp", "device_state", "dropped"
NAME, LONGITUDE, LATITUDE = "station_name", "longitude", "latitude"
KEPT = {plain(name): name for name in (STATION, TIME, STATE_NAME, *COUNTS, NAME, LONGITUDE, LATITUDE)}
"""A member as a device may spell it -> its name here: all that is ever stored."""

MEASURED = frozenset(
    {
        "systolic", "diastolic", "bloodpressure", "pulse", "heartrate", "glucose", "bloodglucose", "bloodsugar", "spo2",
        "oxygen", "temperature", "bodytemperature", "weight", "height", "bmi", "bodyfat", "cholesterol", "uricacid",
        "ecg", "name", "fullname", "firstname", "lastname", "patient", "patientid", "person", "personid", "memberid",
        "member", "card", "cardnumber", "nationalid", "idnumber", "birthday", "birthdate", "age", "gender", "sex",
        "phone", "email", "address", "photo", "measurement", "measurements", "value", "values", "observation",
        "observations", "result", "results", "identity", "user", "userid", "subject", "身分證字號", "姓名", "血壓",
        "收縮壓", "舒張壓", "血糖", "心率", "脈搏", "體溫", "體重", "身高", "生日", "電話", "地址",
    }
)  # fmt: skip
"""Words for what stands of a person in a report, named in a refusal; other members are only counted."""

MOST = 1_000_000
LONGEST_NAME = 40
_STATION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,62}[A-Za-z0-9])?")
_TIME = re.compile(r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?")
_A_PLACE = re.compile(r"站|室|中心|宅|區|樓|里|院|廳|[Ss]tation|[Rr]oom|[Cc]ent(?:re|er)|[Cc]linic|[Kk]iosk")
_NAME = re.compile(r"[^\d@<>]*(?:\d{1,3}(?!\d)[^\d@<>]*)*")
"""Names of stations: they hold a word for a place, and no number that could be somebody's."""

_NATIONAL_ID = re.compile(r"(?:^|[^A-Za-z0-9])[A-Z][A-D1289]\d{8}(?:$|[^A-Za-z0-9])", re.IGNORECASE)


def decode(payloads: Sequence[Payload]) -> Decoded:
    """States and counts of the stations; every refusal's payload is scrubbed."""
    return decoded_cells("health-station", _told, [Payload(_scrubbed(p.data), p.received_at) for p in payloads])


def split(document: bytes) -> Sequence[bytes]:
    """A document as one message of scrubbed reports: a person's values do not reach a topic either."""
    return [_scrubbed(document)]


def _scrubbed(data: bytes) -> bytes:
    """`data` with nothing in it but what is kept, and the names of what was dropped; its length if it is unreadable."""
    try:
        found = value_of(text_of(data))
    except PayloadError:
        return msgspec.json.encode({DROPPED: [f"{len(data)} bytes that are no JSON"]})
    reports = found if isinstance(found, list) else [found]
    return msgspec.json.encode([_clean(report) for report in reports])


def _clean(report: Any) -> dict[str, Any]:
    """A report's members that are kept and sound; `dropped` says what else there was."""
    if not isinstance(report, dict):
        return {DROPPED: ["a report that is no object"]}
    kept: dict[str, Any] = {}
    dropped: set[str] = set()
    for told, value in report.items():
        name = KEPT.get(plain(told))
        if told == DROPPED:
            dropped |= _tellable(value) or {"a further member"}
        elif name is None:
            dropped.add(plain(told) if plain(told) in MEASURED else "a further member")
        elif _sound(name, value):
            kept[name] = value
        else:
            dropped.add(f"{name} that is none")
    return kept | ({DROPPED: sorted(dropped)} if dropped else {})


def _tellable(value: Any) -> set[str]:
    """Of what an earlier scrubbing dropped, the words that this one may have written."""
    words = MEASURED | {"a further member", "a report that is no object"} | {f"{n} that is none" for n in KEPT.values()}
    written = re.compile(r"\d{1,12} bytes that are no JSON")
    texts = [w for w in value if isinstance(w, str)] if isinstance(value, list) else []
    return {w for w in texts if w in words or written.fullmatch(w)}


def _sound(name: str, value: Any) -> bool:
    """Whether a kept member holds what it should, and so nothing of a person."""
    if name in COUNTS:
        return type(value) is int and 0 <= value <= MOST
    if name in (LONGITUDE, LATITUDE):
        return type(value) in (int, float) and abs(value) <= (180 if name == LONGITUDE else 90)
    if not isinstance(value, str):
        return False
    if name == NAME:
        return len(value) <= LONGEST_NAME and bool(_A_PLACE.search(value) and _NAME.fullmatch(value))
    if name == STATE_NAME:
        return value.strip().lower() in STATES
    if name == STATION:
        return bool(_STATION.fullmatch(value)) and not _NATIONAL_ID.search(value)
    return bool(_TIME.fullmatch(value))


def _told(payload: Payload) -> Told:
    found = value_of(payload.data)
    for report in found if isinstance(found, list) else [found]:
        document = msgspec.json.encode([report])
        cells = list(_cells(report, payload.received_at, document))
        yield from cells
        if report.get(DROPPED):
            why = f"dropped and not kept: {', '.join(report[DROPPED])}; send {', '.join(KEPT.values())}"
            yield Refused(0, why, document)
        elif not cells:
            yield Refused(0, f"a report without {STATION}, or with neither {STATE_NAME} nor a count", document)


def _cells(report: Mapping[str, Any], arrival: datetime, document: bytes) -> Iterator[Cell]:
    if STATION not in report:
        return
    point = f"health:{report[STATION]}"
    time = report.get(TIME, arrival.astimezone(UTC).isoformat())
    place = place_of(point, report.get(NAME), None, report.get(LONGITUDE), report.get(LATITUDE))
    if STATE_NAME in report:
        state = report[STATE_NAME].strip().lower()
        yield Cell(f"{point}:{STATE_NAME}", STATE, time, state, document, place=place)
    for name in COUNTS:
        if name in report:
            yield Cell(f"{point}:{name}", "count", time, str(report[name]), document, 0, MOST, place=place)
