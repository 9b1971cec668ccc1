"""AirBox micro-sensors (LASS documents) to readings.

    {"source": "last-all-airbox …", "feeds": [{"device_id": "08BEAC0A0270", "s_d0": 42.0, "s_t0": 24.6, "s_h0": 84.0,
                                               "timestamp": "2020-04-23T08:21:37Z", …}]}

Points are `airbox:<device_id>:<key>`: s_d0 PM2.5, s_d1 PM10, s_d2 PM1, c_d0 PM2.5 as calibrated by the network (its
quality is substituted: it is computed, not measured), s_t0 temperature, s_h0 relative humidity; s_g8 and hcho, whose
units the network does not state, are passed over. Name and place of the device are a station's,
`airbox:<device_id>`. Time is `timestamp`, UTC, whether it says so or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from events.errors import PayloadError
from events.feeds.cells import decoded_frame
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_texts import listed, plain, scalars_of
from events.feeds.local_time import bare_is_utc
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.packed import text_of
from events.feeds.places import Members
from events.feeds.refusals import Refused
from events.feeds.wide import Measure, Reports, cells_of, places_of
from events.observations import Quality

KEYS = {
    m.name: m
    for m in (
        Measure("s_d0", "ug/m3", 0, 2000),
        Measure("s_d1", "ug/m3", 0, 5000),
        Measure("s_d2", "ug/m3", 0, 2000),
        Measure("c_d0", "ug/m3", 0, 2000, Quality.SUBSTITUTED),
        Measure("s_t0", "Cel", -40, 85),
        Measure("s_h0", "%RH", 0, 100),
    )
}
"""Key -> unit, the range of the instrument, how its value comes to be."""

_PLAIN = {plain(key): measure for key, measure in KEYS.items()}

PLACE = Members(("name", "devicename", "sitename"), ("area",), ("gpslon",), ("gpslat",))
"""Members that tell the place of `airbox:<device_id>`; `area` is the network's word for a county."""

SILENT = ("", "N/A")
"""Texts that stand for no value: no reading, and none is counted."""

FORMAT = "airbox"


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings of the devices' last reports."""
    reports, refused, rows = Reports(), list[Refused](), list[bytes]()
    for record, payload in enumerate(payloads):
        try:
            found = listed(text_of(payload.data), "feeds")
        except PayloadError as error:
            refused.append(Refused(record, f"{FORMAT}: {error}", payload.data))
            continue
        for row in found:
            try:
                members = scalars_of(row)
                reports.add(record, f"airbox:{_device(members)}", _time(members), members)
                rows.append(row)
            except PayloadError as error:
                refused.append(Refused(record, f"{FORMAT}: {error}", _document([row])))
    decoded = decoded_frame(FORMAT, cells_of(reports, _PLAIN, SILENT), lambda at: _document([rows[at]]), refused)
    return replace(decoded, frames={**decoded.frames, "stations": places_of(reports, PLACE)})


def split(document: bytes) -> Sequence[bytes]:
    """A document as messages of about MESSAGE_BYTES, each an array of its feeds."""
    try:
        rows = listed(text_of(document), "feeds")
    except PayloadError:
        return [document]
    return [_document(part) for part in parts(rows, MESSAGE_BYTES)]


def _document(rows: list[bytes]) -> bytes:
    return b'{"feeds":[' + b",".join(rows) + b"]}"


def _device(report: Mapping[str, Any]) -> str:
    device = str(report.get("deviceid", "")).strip()
    if not device:
        raise PayloadError("a report without a device_id")
    if not any(key in report for key in _PLAIN):
        raise PayloadError(f"a report of {device} with none of {', '.join(KEYS)}")
    return device


def _time(report: Mapping[str, Any]) -> str:
    """The stated instant; `date` and `time`, which are UTC too, where there is none."""
    told = str(report.get("timestamp") or f"{report.get('date') or ''} {report.get('time') or ''}").strip()
    if not told:
        raise PayloadError(f"a report of {_device(report)} without a timestamp")
    return bare_is_utc(told)
