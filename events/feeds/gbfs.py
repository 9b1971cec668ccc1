"""GBFS 1.x, 2.x and 3.x: station_status to docks, station_information to stations, vehicle_status to positions.

Generations differ in words (`num_bikes_*` became `num_vehicles_*`), flags (1/0 became true/false), times (seconds since
1970 became RFC 3339) and texts (one string became a list by language); all are told by what stands in the document.
Vendors' further fields are passed over. station_status does not tell a station's capacity: it is null there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from events.errors import PayloadError
from events.feeds.decoded import Decoded, Payload
from events.feeds.gbfs_documents import Document, document_of, messages
from events.feeds.gbfs_vehicles import positions, vehicle_messages, vehicles_of
from events.feeds.json_rows import fields_of, text_columns
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, refused_frame
from events.feeds.station_reports import REPORT, docks, stations, typed
from events.observations import DOCKS, POSITIONS, STATIONS

FORMAT = "gbfs"

_STATUS = pl.Struct(
    dict.fromkeys(
        (
            "station_id", "last_reported", "num_bikes_available", "num_vehicles_available", "num_ebikes_available",
            "num_bikes_disabled", "num_vehicles_disabled", "num_docks_available", "num_docks_disabled", "is_renting",
            "is_returning",
        ),
        pl.String,
    )
)  # fmt: skip
_PLAIN = pl.Struct(dict.fromkeys(("station_id", "name", "lat", "lon", "capacity"), pl.String))
_BY_LANGUAGE = pl.Struct(
    {
        **dict.fromkeys(("station_id", "lat", "lon", "capacity"), pl.String),
        "name": pl.List(pl.Struct({"text": pl.String, "language": pl.String})),
    }
)


@dataclass(frozen=True)
class _Read:
    docks: pl.DataFrame
    stations: pl.DataFrame
    positions: pl.DataFrame
    refused: list[Refused]
    offered: int


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Docks, stations and positions of the documents; other documents and bad rows are refused."""
    read = [_read(record, payload) for record, payload in enumerate(payloads)]
    frames = {
        "docks": pl.concat([pl.DataFrame(schema=DOCKS.decoded), *(r.docks for r in read)]),
        "stations": pl.concat([pl.DataFrame(schema=STATIONS.decoded), *(r.stations for r in read)]),
        "positions": pl.concat([pl.DataFrame(schema=POSITIONS.decoded), *(r.positions for r in read)]),
    }
    return Decoded(frames, refused_frame([x for r in read for x in r.refused]), sum(r.offered for r in read))


def split(document: bytes) -> Sequence[bytes]:
    """A document as messages under Kafka's megabyte, each with the document's head."""
    try:
        found = vehicles_of(text_of(document))
    except PayloadError:
        return [document]
    return messages(document) if found is None else vehicle_messages(found)


def whole(row: bytes) -> bytes:
    """A refused station as a document of its own."""
    try:
        return row if "data" in fields_of(row) else b'{"data":{"stations":[' + row + b"]}}"
    except PayloadError:
        return row


def _read(record: int, payload: Payload) -> _Read:
    no_docks, no_stations = pl.DataFrame(schema=DOCKS.decoded), pl.DataFrame(schema=STATIONS.decoded)
    nothing = no_docks, no_stations, pl.DataFrame(schema=POSITIONS.decoded)
    try:
        content = text_of(payload.data)
        vehicles = vehicles_of(content)
        if vehicles is not None:
            placed, lost = positions(vehicles, payload, record, FORMAT)
            return _Read(no_docks, no_stations, placed, lost, len(vehicles.rows))
        document = document_of(content)
    except PayloadError as error:
        return _Read(*nothing, [Refused(record, f"{FORMAT}: {error}", payload.data)], 1)
    if document.name == "station_status":
        good, bad = _checked(record, document.stations, _status(document), ("vehicles",))
        return _Read(docks(good), *nothing[1:], bad, len(document.stations))
    moment = document.last_updated or payload.received_at.isoformat()
    good, bad = _checked(record, document.stations, _information(document, moment), ())
    return _Read(no_docks, stations(good), nothing[2], bad, len(bad))


def _checked(
    record: int, rows: list[bytes], reports: pl.DataFrame, required: tuple[str, ...]
) -> tuple[pl.DataFrame, list[Refused]]:
    """The sound reports, typed, and refusals for the others and for rows that could not be read at all."""
    checked = typed(reports.with_columns(record=pl.lit(record, pl.UInt32)), required)
    verdicts = reports.select("index").with_columns(checked["reason"]).filter(pl.col("reason").is_not_null())
    bad = [Refused(record, f"{FORMAT}: {why}", rows[at]) for at, why in verdicts.iter_rows()]
    unread = sorted(set(range(len(rows))).difference(reports["index"].to_list()))
    strange = "a station is no object, or holds a list or an object where a text or a number is asked"
    bad += [Refused(record, f"{FORMAT}: {strange}", rows[at]) for at in unread]
    return checked.filter(pl.col("reason").is_null()), bad


def _status(document: Document) -> pl.DataFrame:
    rows = text_columns(document.stations, _STATUS)
    return _named(
        rows,
        time=pl.col("last_reported"),
        vehicles=pl.coalesce("num_vehicles_available", "num_bikes_available"),
        ebikes=pl.col("num_ebikes_available"),
        vehicles_disabled=pl.coalesce("num_vehicles_disabled", "num_bikes_disabled"),
        docks=pl.col("num_docks_available"),
        docks_disabled=pl.col("num_docks_disabled"),
        renting=pl.col("is_renting"),
        returning=pl.col("is_returning"),
    )


def _information(document: Document, moment_text: str) -> pl.DataFrame:
    by_language = document.languages
    rows = text_columns(document.stations, _BY_LANGUAGE if by_language else _PLAIN)
    name, english = (_in("zh", "en"), _in("en")) if by_language else (pl.col("name"), pl.lit(None, pl.String))
    moment = pl.lit(moment_text)
    place = {"longitude": pl.col("lon"), "latitude": pl.col("lat"), "capacity": pl.col("capacity")}
    return _named(rows, time=moment, feed_time=moment, name=name, name_en=english, **place)


def _in(*languages: str) -> pl.Expr:
    """The text of a list by language: the first of `languages` it holds; of several, else whatever comes first."""
    texts = pl.col("name").list
    element = pl.element()
    found = [
        texts.eval(
            element.struct.field("text").filter(element.struct.field("language").str.to_lowercase().str.starts_with(x))
        ).list.first()
        for x in languages
    ]
    return pl.coalesce(*found, texts.first().struct.field("text")) if len(languages) > 1 else found[0]


def _named(rows: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
    columns["station_id"] = pl.col("station_id")
    return rows.select("index", *(columns.get(c, pl.lit(None, pl.String)).alias(c) for c in REPORT))
