"""AirBox micro-sensors (LASS documents) to readings.

    {"source": "last-all-airbox …", "feeds": [{"device_id": "08BEAC0A0270", "s_d0": 42.0, "s_t0": 24.6, "s_h0": 84.0,
                                               "timestamp": "2020-04-23T08:21:37Z", …}]}

Points are `airbox:<device_id>:<key>`: s_d0 PM2.5, s_d1 PM10, s_d2 PM1, c_d0 PM2.5 as calibrated by the network (its
quality is substituted: it is computed, not measured), s_t0 temperature, s_h0 relative humidity; s_g8 and hcho, whose
units the network does not state, are passed over. Time is `timestamp`, UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from events.errors import PayloadError
from events.feeds.cells import Cell, Told, decoded_cells, parts
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_texts import listed, texts_of
from events.feeds.packed import text_of
from events.feeds.refusals import Refused
from events.observations import Quality

KEYS: dict[str, tuple[str, float, float, Quality]] = {
    "s_d0": ("ug/m3", 0, 2000, Quality.MEASURED),
    "s_d1": ("ug/m3", 0, 5000, Quality.MEASURED),
    "s_d2": ("ug/m3", 0, 2000, Quality.MEASURED),
    "c_d0": ("ug/m3", 0, 2000, Quality.SUBSTITUTED),
    "s_t0": ("Cel", -40, 85, Quality.MEASURED),
    "s_h0": ("%RH", 0, 100, Quality.MEASURED),
}
"""Key -> unit, the range of the instrument, how its value comes to be."""

SILENT = ("", "N/A")
"""Texts that stand for no value: no reading, and none is counted."""

MESSAGE_BYTES = 300_000


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings of the devices' last reports."""
    return decoded_cells("airbox", _told, payloads)


def split(document: bytes) -> Sequence[bytes]:
    """A document as messages of about MESSAGE_BYTES, each an array of its feeds."""
    try:
        rows = listed(text_of(document), "feeds")
    except PayloadError:
        return [document]
    return [_document(part) for part in parts(rows, MESSAGE_BYTES)]


def _told(payload: Payload) -> Told:
    for row in listed(text_of(payload.data), "feeds"):
        try:
            yield from _cells(texts_of(row), _document([row]))
        except PayloadError as error:
            yield Refused(0, str(error), _document([row]))


def _document(rows: list[bytes]) -> bytes:
    return b'{"feeds":[' + b",".join(rows) + b"]}"


def _cells(report: Mapping[str, str], document: bytes) -> Iterator[Cell | Refused]:
    device, time = report.get("deviceid", "").strip(), _time(report)
    if not device:
        yield Refused(0, "a report without a device_id", document)
        return
    if not any(key.replace("_", "") in report for key in KEYS):
        yield Refused(0, f"a report of {device} with none of {', '.join(KEYS)}", document)
    for key, (unit, lowest, highest, quality) in KEYS.items():
        text = report.get(key.replace("_", ""), "").strip()
        if text not in SILENT:
            yield Cell(f"airbox:{device}:{key}", unit, time, text, document, lowest, highest, quality=quality)


def _time(report: Mapping[str, str]) -> str:
    """The stated instant; `date` and `time`, which are UTC too, where there is none."""
    return report.get("timestamp") or f"{report.get('date', '')}T{report.get('time', '')}Z"
