"""Stops and routes of the city's buses to facts that change slowly: names and places, so that an arrival has a name.

    GetStopLocation  {"EssentialInfo": …, "BusInfo": [{"id": 6017, "name": "麟光站", "lon": "121.56", "lat": "25.01"}]}
    GetStop          {…, "BusInfo": [{"Id": 36407, "routeId", "nameZh", "nameEn", "longitude", "latitude"}]}
    GetRoute         {…, "BusInfo": [{"Id": 10442, "nameZh": "307", "nameEn", "departureZh", "destinationZh"}]}
    TDX              [{"StopUID", "StopID", "StopName": {"Zh_tw"}, "StopPosition": {…}}]
                     [{"RouteUID", "RouteID", "RouteName": {"Zh_tw"}}]

become rows of STATIONS: `bus-stop:<Id>` (the StopID of an arrival), `bus-route:<Id>` (its RouteID), and
`bus-stop-location:<id>`: a place where several stops may be. The ids of stops and of locations are two series of
numbers that overlap, so that they must not be mixed; GetStop has both. A route stands once for each of its ways: one
row is made of it. `UpdateTime` is local Taipei time and dates the city's rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from events.errors import PayloadError
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_rows import fields_of, rows_of, text_columns
from events.feeds.json_texts import value_of
from events.feeds.local_time import utc_times
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, first_reason, refused_frame
from events.feeds.station_reports import degrees
from events.observations import STATIONS

FORMAT = "bus-network"
STRANGE = "a row is no object, or holds a list or an object where a text or a number is asked"
_NAME = pl.Struct({"Zh_tw": pl.String, "En": pl.String})
_ROW = pl.Struct(
    {
        **dict.fromkeys(
            (
                "Id", "id", "name", "nameZh", "nameEn", "lon", "lat", "longitude", "latitude", "routeId", "StopUID",
                "StopID", "RouteUID", "RouteID", "UpdateTime", "stopLocationId", "departureZh", "pathAttributeId",
            ),
            pl.String,
        ),
        "StopName": _NAME,
        "RouteName": _NAME,
        "StopPosition": pl.Struct({"PositionLon": pl.String, "PositionLat": pl.String}),
    }
)  # fmt: skip


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Facts of the documents; a row that cannot be taken is refused as a document of its own."""
    rows: list[bytes] = []
    owners: list[tuple[int, str]] = []
    refused: list[Refused] = []
    for record, payload in enumerate(payloads):
        try:
            time, found = _document(text_of(payload.data))
        except PayloadError as error:
            refused.append(Refused(record, f"{FORMAT}: {error}", payload.data))
            continue
        rows += found
        owners += [(record, time or payload.received_at.isoformat())] * len(found)
    read = _read(rows, owners)
    bad = dict(read.filter(pl.col("reason").is_not_null()).select("index", "reason").iter_rows())
    bad |= dict.fromkeys(sorted(set(range(len(rows))).difference(read["index"].to_list())), STRANGE)
    refused += [Refused(owners[at][0], f"{FORMAT}: {why}", rows[at]) for at, why in bad.items()]
    facts = read.filter(pl.col("reason").is_null()).unique(["record", "station_id"], keep="first", maintain_order=True)
    frames = {"stations": facts.select(list(STATIONS.decoded)).cast(dict(STATIONS.decoded))}  # type: ignore[arg-type]
    return Decoded(frames, refused_frame(refused), len(refused))


def split(document: bytes) -> Sequence[bytes]:
    """A document as messages of about MESSAGE_BYTES, each with the time of the whole."""
    try:
        content = text_of(document)
        if len(content) <= MESSAGE_BYTES:
            return [content]
        time, rows = _document(content)
    except PayloadError:
        return [document]
    return [_message(part, time) for part in parts(rows, MESSAGE_BYTES)]


def whole(row: bytes) -> bytes:
    """A refused row as a document of its own; it is dated by its arrival."""
    try:
        return row if {"BusInfo", "EssentialInfo"} & set(fields_of(row)) else _message([row], None)
    except PayloadError:
        return row


def _message(rows: Sequence[bytes], time: str | None) -> bytes:
    head = b'{"EssentialInfo":{' + (f'"UpdateTime":"{time}"'.encode() if time else b"") + b'},"BusInfo":['
    return head + b",".join(rows) + b"]}"


def _document(content: bytes) -> tuple[str | None, list[bytes]]:
    """Its time, and its rows; PayloadError for another document."""
    if content.lstrip()[:1] == b"[":
        time, rows = None, rows_of(content)
    else:
        fields = fields_of(content)
        if "BusInfo" not in fields:
            raise PayloadError(f"an object with {', '.join(list(fields)[:5]) or 'nothing'} where BusInfo is asked")
        head = value_of(fields.get("EssentialInfo", b"{}"))
        told = head.get("UpdateTime") if isinstance(head, dict) else None
        time, rows = told if isinstance(told, str) else None, rows_of(fields["BusInfo"])
        if told is not None and (time is None or utc_times(pl.Series([time])).null_count()):
            raise PayloadError(f"UpdateTime {told!r:.60} is no time")
    if not rows:
        raise PayloadError("a document without rows")
    return time, rows


def _read(rows: list[bytes], owners: list[tuple[int, str]]) -> pl.DataFrame:
    """Rows of STATIONS with `index` and `reason`."""
    texts = text_columns(rows, _ROW)
    record = pl.Series("record", [r for r, _ in owners], dtype=pl.UInt32)
    moment = pl.Series("moment", [t for _, t in owners], dtype=pl.String)
    place = pl.col("StopPosition").struct
    stop, route = (
        pl.coalesce(f"{what}ID", f"{what}UID").str.strip_chars().str.strip_prefix("TPE") for what in ("Stop", "Route")
    )
    number = pl.coalesce("Id", "id").str.strip_chars()
    is_place = pl.col("id").is_not_null() & pl.col("Id").is_null()
    is_stop = pl.coalesce("longitude", "stopLocationId").is_not_null()
    told = texts.with_columns(record.gather(texts["index"]), moment.gather(texts["index"])).with_columns(
        station_id=pl.when(pl.col("StopName").is_not_null())
        .then(pl.concat_str(pl.lit("bus-stop:"), stop))
        .when(pl.col("RouteName").is_not_null())
        .then(pl.concat_str(pl.lit("bus-route:"), route))
        .when(is_place)
        .then(pl.concat_str(pl.lit("bus-stop-location:"), number))
        .when(is_stop)
        .then(pl.concat_str(pl.lit("bus-stop:"), number))
        .otherwise(pl.concat_str(pl.lit("bus-route:"), number)),
        name=pl.coalesce(
            pl.col("StopName").struct.field("Zh_tw"), pl.col("RouteName").struct.field("Zh_tw"), "nameZh", "name"
        ).str.strip_chars(),
        name_en=pl.coalesce(
            pl.col("StopName").struct.field("En"), pl.col("RouteName").struct.field("En"), "nameEn"
        ).str.strip_chars(),
        district=pl.lit(None, pl.String),
        capacity=pl.lit(None, pl.Int32),
        lon=pl.coalesce(place.field("PositionLon"), "lon", "longitude"),
        lat=pl.coalesce(place.field("PositionLat"), "lat", "latitude"),
        clock=pl.coalesce("UpdateTime", "moment"),
    )
    typed = told.with_columns(
        utc_times(told["clock"]).alias("time"), longitude=degrees("lon", 180), latitude=degrees("lat", 90)
    )
    placed = typed["longitude"].is_not_null() & typed["latitude"].is_not_null() & (typed["longitude"] != 0)
    return typed.with_columns(
        longitude=pl.when(placed).then("longitude"), latitude=pl.when(placed).then("latitude")
    ).with_columns(
        reason=first_reason(
            (pl.col("station_id").is_null(), "a row without an Id"),
            (pl.col("name").is_null() | (pl.col("name") == ""), pl.concat_str("station_id", pl.lit(": no name"))),
            (pl.col("time").is_null(), pl.concat_str("station_id", pl.lit(": no time"))),
        )
    )
