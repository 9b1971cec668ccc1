"""Air quality of the Ministry of Environment's stations (AQI), JSON or tables, to readings and states.

    [{"site_id": "36", "aqi": "44", "status": "良好", "pm2_5": "9", …, "publish_time": "2026/07/03 22:00:00"}, …]
    {"records": [{"siteid": …, "pm2.5": …, "publishtime": …}]}            the same columns as CSV or Parquet

Points are `aqi:<site_id>:<column>` (pm2_5, o3_8hr …), in the network's units. `publish_time` is local Taipei time.
Name and place are a station's, `aqi:<site_id>`.
An empty value or `-` is an instrument that tells nothing: no reading, and none is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from events.errors import PayloadError
from events.feeds.cells import STATE, decoded_frame
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_texts import listed, plain, scalars_of
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.packed import text_of, unpacked
from events.feeds.places import Members
from events.feeds.refusals import Refused
from events.feeds.tables import PARQUET, messages, text_table
from events.feeds.wide import Measure, Reports, cells_of, places_of

UNITS = {
    m.name: m
    for m in (
        Measure("aqi", "", 0, 500),
        Measure("status", STATE, 0, 0),
        Measure("pollutant", STATE, 0, 0),
        *(Measure(name, "ug/m3", 0, 2000) for name in ("pm2_5", "pm2_5_avg")),
        *(Measure(name, "ug/m3", 0, 5000) for name in ("pm10", "pm10_avg")),
        *(Measure(name, "ppb", 0, 2000) for name in ("o3", "o3_8hr")),
        *(Measure(name, "ppm", 0, 200) for name in ("co", "co_8hr")),
        *(Measure(name, "ppb", 0, 5000) for name in ("so2", "so2_avg", "no2", "no", "nox")),
        Measure("wind_speed", "m/s", 0, 120),
        Measure("wind_direc", "deg", 0, 360),
    )
}
"""Column -> unit, lowest and highest value that can be true."""

_PLAIN = {plain(column): measure for column, measure in UNITS.items()}

PLACE = Members(("sitename",), ("county",), ("longitude",), ("latitude",))
"""Columns that tell the place of `aqi:<site_id>`; its district is the county."""

SILENT = ("", "-")
FORMAT = "aqi"


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings and states of the stations' reports."""
    reports, refused = Reports(), list[Refused]()
    for record, payload in enumerate(payloads):
        try:
            for members in _reports(payload.data, record, refused):
                try:
                    reports.add(record, f"aqi:{_site(members)}", str(members.get("publishtime", "")), members)
                except PayloadError as error:
                    refused.append(Refused(record, f"{FORMAT}: {error}", _document(members)))
        except PayloadError as error:
            refused.append(Refused(record, f"{FORMAT}: {error}", payload.data))
    frame = cells_of(reports, _PLAIN, SILENT)
    decoded = decoded_frame(FORMAT, frame, lambda at: _document(reports.members[at]), refused)
    return replace(decoded, frames={**decoded.frames, "stations": places_of(reports, PLACE)})


def split(document: bytes) -> Sequence[bytes]:
    """A document as messages of about MESSAGE_BYTES."""
    try:
        rows = _json_rows(document)
    except PayloadError:
        return [document]
    if rows is None:
        return messages(document)
    return [b"[" + b",".join(part) + b"]" for part in parts(rows, MESSAGE_BYTES)]


def _reports(data: bytes, record: int, refused: list[Refused]) -> list[Mapping[str, Any]]:
    """The rows' scalar members by plain name; rows that are none go to `refused`."""
    rows = _json_rows(data)
    if rows is None:
        table = text_table(data)
        refused += [Refused(record, f"{FORMAT}: more fields than the header names", line) for line in table.ragged]
        names = [plain(name) for name in table.rows.columns]
        return [
            {n: v for n, v in zip(names, values, strict=True) if v is not None} for values in table.rows.iter_rows()
        ]
    found: list[Mapping[str, Any]] = []
    for row in rows:
        try:
            found.append(scalars_of(row))
        except PayloadError as error:
            refused.append(Refused(record, f"{FORMAT}: {error}", b"[" + row + b"]"))
    return found


def _document(members: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode([members])


def _site(report: Mapping[str, Any]) -> str:
    site = str(report.get("siteid", "")).strip()
    if not site:
        raise PayloadError("a report without a site_id")
    if not any(column in report for column in _PLAIN):
        raise PayloadError(f"a report of site {site} without a column such as aqi or pm2_5")
    return site


def _json_rows(data: bytes) -> list[bytes] | None:
    """The rows of a JSON document, None when the data is a table."""
    if unpacked(data).startswith(PARQUET):
        return None
    content = text_of(data)
    return listed(content, "records") if content.lstrip()[:1] in (b"[", b"{") else None
