"""YouBike documents of every generation: station reports to docks and stations.

    2012–2022  {"retCode": 1, "retVal": {"0001": {"sno", "tot", "sbi", "bemp", "mday": "20160216154428", …}}}
    2024       [{"sno", "tot", "sbi", "bemp", "lat", "lng", "mday": "2024-04-11 00:25:19", "act": "1", …}]
    2026       [{"sno", "Quantity", "available_rent_bikes", "available_return_bikes", "latitude", "longitude", …}]
    portals    {"result": {"count", "results": […]}}, {"data": […]}, {"records": […]} around any of these
    TDX        [{"StationUID", "AvailableRentBikes", …}] and [{"StationUID", "StationName": {"Zh_tw"}, …}], also wrapped

Event time is the station's own report (`mday`, `infoTime`), local Taipei time; `srcUpdateTime` and `updateTime` are the
feed's and only date what it says of the station itself. Capacity is the stated total: vehicles and free docks seldom
add up to it. `act` says whether the station rents and returns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from events.errors import PayloadError
from events.feeds.bikes.youbike_listed import listed_states, message_of
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_rows import fields_of, rows_of, text_columns
from events.feeds.packed import text_of
from events.feeds.refusals import SHOWN, Refused, quoted, refused_frame
from events.feeds.station_reports import REPORT, docks, stations, typed
from events.feeds.tdx_bikes import TDX_ROW, is_tdx, tdx_reports, tdx_station_reports
from events.observations import STATES

NAMES: dict[str, tuple[str, ...]] = {
    "station_id": ("sno",),
    "time": ("mday", "infoTime"),
    "feed_time": ("updateTime", "srcUpdateTime"),
    "capacity": ("Quantity", "total", "tot"),
    "vehicles": ("available_rent_bikes", "sbi"),
    "docks": ("available_return_bikes", "bemp"),
    "renting": ("act",),
    "returning": ("act",),
    "name": ("sna",),
    "name_en": ("snaen",),
    "district": ("sarea",),
    "longitude": ("longitude", "lng"),
    "latitude": ("latitude", "lat"),
}
"""Column of a report -> its names through the generations."""

WRAPPED = ("BikeAvailabilities", "BikeStations", "Availabilities", "Stations", "data", "records", "results")
"""Members in which wrapped answers hold their rows: TDX's, and those of open-data portals."""

MESSAGE_BYTES = 400_000
"""Documents longer than this are cut into messages, so that each stays well under Kafka's megabyte."""

REQUIRED = ("vehicles", "docks")
_SAYS = b'{"listed":'
"""How a message begins that says what its document lists."""

_ROW = pl.Struct({name: pl.String for names in NAMES.values() for name in names})


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Docks and stations of YouBike documents; a row that cannot be taken is refused with the row as payload."""
    rows: list[bytes] = []
    records: list[int] = []
    refused: list[Refused] = []
    states = [pl.DataFrame(schema=STATES.decoded)]
    foreign: list[bool] = []
    for record, payload in enumerate(payloads):
        try:
            content = text_of(payload.data)
            found = document_rows(content)
            if payload.origin and content.startswith(_SAYS):
                states.append(listed_states(fields_of(content), payload, record))
        except PayloadError as error:
            refused.append(Refused(record, f"youbike: {error}", payload.data))
            continue
        rows += found
        records += [record] * len(found)
        foreign += _foreign(content, found)
    unread = len(refused)
    reports, described = _reports(rows, records, foreign)
    good, bad = _sorted_out(reports, rows, records, REQUIRED)
    told, unplaced = _sorted_out(described, rows, records, ())
    refused += bad + unplaced + _strange(rows, records, reports, described)
    frames = {
        "docks": docks(good),
        "stations": pl.concat([stations(good), stations(told)]),
        "states": pl.concat(states),
    }
    return Decoded(frames, refused_frame(refused), unread + len(rows) - told.height + frames["states"].height)


def split(document: bytes) -> Sequence[bytes]:
    """A document as messages of about MESSAGE_BYTES, each an array of its rows; a broken one stays whole.

    The last message says what the whole document lists, where it lists reports of docks.
    """
    try:
        content = text_of(document)
        rows = document_rows(content)
        reports, _ = _reports(rows, [0] * len(rows), _foreign(content, rows))
    except PayloadError:
        return [document]
    *first, last = _slices(rows)
    if not reports["station_id"].drop_nulls().len():
        return [content] if len(content) <= MESSAGE_BYTES else [*map(_array, first), _array(last)]
    return [*map(_array, first), message_of(last, reports)]


def whole(row: bytes) -> bytes:
    """A refused row as a document of its own."""
    return b"[" + row + b"]" if row.lstrip()[:1] == b"{" and b'"retVal"' not in row else row


def document_rows(content: bytes) -> list[bytes]:
    """The reports of one document, each as JSON; PayloadError when there are none to find."""
    if content.lstrip()[:1] == b"[":
        return _some(rows_of(content))
    fields = fields_of(content)
    if fields.get("result", b"").lstrip()[:1] == b"{":  # data.taipei: {"result": {"count": …, "results": […]}}
        fields = fields_of(fields["result"])
    wrapped = next((name for name in WRAPPED if name in fields), None)
    if wrapped is not None:
        return _some(rows_of(fields[wrapped]))
    if "retVal" not in fields:
        have = ", ".join(list(fields)[:5]) or "nothing"
        raise PayloadError(f"an object with {have} where retVal or an array is asked")
    inner = fields["retVal"]
    return _some(list(fields_of(inner).values()) if inner.lstrip()[:1] == b"{" else rows_of(inner))


def _some(rows: list[bytes]) -> list[bytes]:
    if not rows:
        raise PayloadError("a document without stations")
    return rows


def _slices(rows: list[bytes]) -> Iterator[list[bytes]]:
    start, size = 0, 0
    for at, row in enumerate(rows):
        if size and size + len(row) > MESSAGE_BYTES:
            yield rows[start:at]
            start, size = at, 0
        size += len(row) + 1
    yield rows[start:]


def _array(rows: list[bytes]) -> bytes:
    return b"[" + b",".join(rows) + b"]"


def _foreign(content: bytes, rows: list[bytes]) -> list[bool]:
    """Which rows of a document are TDX's; a document that holds no such word is not searched row by row."""
    return [is_tdx(row) for row in rows] if is_tdx(content) else [False] * len(rows)


def _reports(rows: list[bytes], records: list[int], tdx: list[bool]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Reports of docks, and what TDX says of stations alone; both with `record` and the `index` of the row."""
    if not any(tdx):
        return _with_record(_city_reports(rows), records), _with_record(
            tdx_station_reports(text_columns([], TDX_ROW)), records
        )
    ours = _city_reports([b"null" if foreign else row for row, foreign in zip(rows, tdx, strict=True)])
    theirs = text_columns([row if foreign else b"null" for row, foreign in zip(rows, tdx, strict=True)], TDX_ROW)
    all_docks = pl.concat([ours, tdx_reports(theirs)])
    return _with_record(all_docks, records), _with_record(tdx_station_reports(theirs), records)


def _city_reports(rows: list[bytes]) -> pl.DataFrame:
    known = {name: pl.coalesce([pl.col(n) for n in names]) for name, names in NAMES.items()}
    city = text_columns(rows, _ROW)
    return city.select("index", *(known.get(c, pl.lit(None, pl.String)).alias(c) for c in REPORT))


def _with_record(reports: pl.DataFrame, records: list[int]) -> pl.DataFrame:
    owner = pl.Series("record", records, dtype=pl.UInt32)
    return reports.with_columns(owner.gather(reports["index"]).alias("record"))


def _sorted_out(
    reports: pl.DataFrame, rows: list[bytes], records: list[int], required: tuple[str, ...]
) -> tuple[pl.DataFrame, list[Refused]]:
    checked = typed(reports, required)
    good = checked["reason"].is_null()
    bad = reports.select("index").with_columns(checked["reason"]).filter(~good)
    return checked.filter(good), [Refused(records[at], f"youbike: {why}", rows[at]) for at, why in bad.iter_rows()]


def _strange(rows: list[bytes], records: list[int], *read: pl.DataFrame) -> list[Refused]:
    """Rows that are no reports: no objects, or a value nested where a text or number is asked."""
    missing = sorted(set(range(len(rows))).difference(*(frame["index"].to_list() for frame in read)))
    return [Refused(records[at], f"youbike: {_strangeness(rows[at])}", rows[at]) for at in missing]


def _strangeness(row: bytes) -> str:
    if row.lstrip()[:1] != b"{":
        return f"a row is {quoted(row[:SHOWN].decode(errors='replace'))}, not an object"
    return "a row holds a list or an object where a text or a number is asked, or what cannot be read"
