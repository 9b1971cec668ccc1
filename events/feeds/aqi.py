"""Air quality of the Ministry of Environment's stations (AQI), JSON or tables, to readings and states.

    [{"site_id": "36", "aqi": "44", "status": "良好", "pm2_5": "9", …, "publish_time": "2026/07/03 22:00:00"}, …]
    {"records": [{"siteid": …, "pm2.5": …, "publishtime": …}]}            the same columns as CSV or Parquet

Points are `aqi:<site_id>:<column>` (pm2_5, o3_8hr …), in the network's units. `publish_time` is local Taipei time.
An empty value or `-` is an instrument that tells nothing: no reading, and none is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from events.errors import PayloadError
from events.feeds.cells import STATE, Cell, Told, decoded_cells, parts
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_texts import listed, plain, texts_of
from events.feeds.packed import text_of, unpacked
from events.feeds.refusals import Refused
from events.feeds.tables import PARQUET, messages, text_table

UNITS: dict[str, tuple[str | None, float, float]] = {
    "aqi": ("", 0, 500), "status": (STATE, 0, 0), "pollutant": (STATE, 0, 0),
    "pm2_5": ("ug/m3", 0, 2000), "pm2_5_avg": ("ug/m3", 0, 2000), "pm10": ("ug/m3", 0, 5000),
    "pm10_avg": ("ug/m3", 0, 5000), "o3": ("ppb", 0, 2000), "o3_8hr": ("ppb", 0, 2000), "co": ("ppm", 0, 200),
    "co_8hr": ("ppm", 0, 200), "so2": ("ppb", 0, 5000), "so2_avg": ("ppb", 0, 5000), "no2": ("ppb", 0, 5000),
    "no": ("ppb", 0, 5000), "nox": ("ppb", 0, 5000), "wind_speed": ("m/s", 0, 120), "wind_direc": ("deg", 0, 360),
}  # fmt: skip
"""Column -> unit, lowest and highest value that can be true."""

SILENT = ("", "-")
MESSAGE_BYTES = 300_000


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings and states of the stations' reports."""
    return decoded_cells("aqi", _told, payloads)


def split(document: bytes) -> Sequence[bytes]:
    """A document as messages of about MESSAGE_BYTES."""
    try:
        rows = _json_rows(document)
    except PayloadError:
        return [document]
    if rows is None:
        return messages(document)
    return [b"[" + b",".join(part) + b"]" for part in parts(rows, MESSAGE_BYTES)]


def _told(payload: Payload) -> Told:
    rows = _json_rows(payload.data)
    if rows is None:
        table = text_table(payload.data)
        yield from (Refused(0, "more fields than the header names", line) for line in table.ragged)
        names = [plain(name) for name in table.rows.columns]
        for values in table.rows.iter_rows():
            yield from _cells({n: v for n, v in zip(names, values, strict=True) if v is not None})
        return
    for row in rows:
        try:
            yield from _cells(texts_of(row))
        except PayloadError as error:
            yield Refused(0, str(error), b"[" + row + b"]")


def _json_rows(data: bytes) -> list[bytes] | None:
    """The rows of a JSON document, None when the data is a table."""
    if unpacked(data).startswith(PARQUET):
        return None
    content = text_of(data)
    return listed(content, "records") if content.lstrip()[:1] in (b"[", b"{") else None


def _cells(report: Mapping[str, str]) -> Iterator[Cell | Refused]:
    document = msgspec.json.encode([report])
    site, time = report.get("siteid", "").strip(), report.get("publishtime", "")
    if not site:
        yield Refused(0, "a report without a site_id", document)
        return
    if not any(plain(column) in report for column in UNITS):
        yield Refused(0, f"a report of site {site} without a column such as aqi or pm2_5", document)
    for column, (unit, lowest, highest) in UNITS.items():
        text = report.get(plain(column), "").strip()
        if text not in SILENT:
            yield Cell(f"aqi:{site}:{column}", unit, time, text, document, lowest, highest)
