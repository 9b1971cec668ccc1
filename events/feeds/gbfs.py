"""GBFS 1.x, 2.x and 3.x: station_status to docks, station_information to stations, vehicle_status to positions.

Generations differ in words (`num_bikes_*` became `num_vehicles_*`), flags (1/0 became true/false), times (seconds since
1970 became RFC 3339) and texts (one string became a list by language); all are told by what stands in the document.
Vendors' further fields are passed over. station_status does not tell a station's capacity: it is null there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import polars as pl

from events.errors import PayloadError
from events.feeds.decoded import Decoded, Payload
from events.feeds.gbfs_documents import Document, document_of, members_of, messages
from events.feeds.gbfs_vehicles import positions, vehicle_messages, vehicles_of
from events.feeds.json_rows import fields_of, text_columns
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, refused_frame
from events.feeds.station_reports import REPORT, docks, stations, typed
from events.observations import POSITIONS

FORMAT = "gbfs"
STRANGE = "a station is no object, or holds a list or an object where a text or a number is asked"

_STATUS = pl.Struct(
    dict.fromkeys(
        (
            "station_id", "last_reported", "num_bikes_available", "num_vehicles_available", "num_ebikes_available",
            "num_bikes_disabled", "num_vehicles_disabled", "num_docks_available", "num_docks_disabled", "is_renting",
            "is_returning", "is_installed",
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


@dataclass
class _Rows:
    """Stations of one kind of document, of every payload of a poll: as JSON, and payload and time beside each."""

    rows: list[bytes] = field(default_factory=list)
    record: list[int] = field(default_factory=list)
    moment: list[str] = field(default_factory=list)

    def add(self, document: Document, record: int, moment: str) -> None:
        self.rows += document.stations
        self.record += [record] * len(document.stations)
        self.moment += [moment] * len(document.stations)

    def document(self, at: int) -> bytes:
        """A document of one station, dated as its own was."""
        data = msgspec.Raw(b'{"stations":[' + self.rows[at] + b"]}")
        return msgspec.json.encode({"last_updated": self.moment[at], "data": data})


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Docks, stations and positions of the documents; other documents and bad rows are refused."""
    status, plain, by_language = _Rows(), _Rows(), _Rows()
    placed = [pl.DataFrame(schema=POSITIONS.decoded)]
    refused: list[Refused] = []
    for record, payload in enumerate(payloads):
        try:
            members = members_of(text_of(payload.data))
            vehicles = vehicles_of(members)
            if vehicles is not None:
                found, lost = positions(vehicles, payload, record, FORMAT)
                placed.append(found)
                refused += lost
                continue
            document = document_of(members)
        except PayloadError as error:
            refused.append(Refused(record, f"{FORMAT}: {error}", payload.data))
            continue
        kind = status if document.name == "station_status" else by_language if document.languages else plain
        kind.add(document, record, document.last_updated or payload.received_at.isoformat())
    counted, bad = _checked(status, _status(status), ("vehicles",))
    described = [_checked(plain, _information(plain, _PLAIN), ())]
    described.append(_checked(by_language, _information(by_language, _BY_LANGUAGE), ()))
    refused += bad + [r for _, lost in described for r in lost]
    frames = {
        "docks": docks(counted),
        "stations": pl.concat(stations(good) for good, _ in described),
        "positions": pl.concat(placed),
    }
    offered = frames["docks"].height + frames["positions"].height + len(refused)
    return Decoded(frames, refused_frame(sorted(refused, key=lambda r: r.record)), offered)


def split(document: bytes) -> Sequence[bytes]:
    """A document as messages under Kafka's megabyte, each with the document's head."""
    try:
        found = vehicles_of(members_of(text_of(document)))
    except PayloadError:
        return [document]
    return messages(document) if found is None else vehicle_messages(found)


def whole(row: bytes) -> bytes:
    """A refused station as a document of its own."""
    try:
        return row if "data" in fields_of(row) else b'{"data":{"stations":[' + row + b"]}}"
    except PayloadError:
        return row


def _checked(kind: _Rows, reports: pl.DataFrame, required: tuple[str, ...]) -> tuple[pl.DataFrame, list[Refused]]:
    """The sound reports, typed, and refusals for the others and for rows that could not be read at all."""
    owner = pl.Series("record", kind.record, dtype=pl.UInt32)
    checked = typed(reports.with_columns(owner.gather(reports["index"]).alias("record")), required)
    verdicts = reports.select("index").with_columns(checked["reason"]).filter(pl.col("reason").is_not_null())
    bad = dict(verdicts.iter_rows())
    unread = set(range(len(kind.rows))).difference(reports["index"].to_list())
    bad |= dict.fromkeys(sorted(unread), STRANGE)
    refused = [Refused(kind.record[at], f"{FORMAT}: {why}", kind.document(at)) for at, why in bad.items()]
    return checked.filter(pl.col("reason").is_null()), refused


def _status(kind: _Rows) -> pl.DataFrame:
    return _named(
        text_columns(kind.rows, _STATUS),
        time=pl.col("last_reported"),
        vehicles=pl.coalesce("num_vehicles_available", "num_bikes_available"),
        ebikes=pl.col("num_ebikes_available"),
        vehicles_disabled=pl.coalesce("num_vehicles_disabled", "num_bikes_disabled"),
        docks=pl.col("num_docks_available"),
        docks_disabled=pl.col("num_docks_disabled"),
        renting=_where_installed("is_renting"),
        returning=_where_installed("is_returning"),
    )


def _where_installed(flag: str) -> pl.Expr:
    """A flag, `0` at a station that is not on the street: nobody rents or returns there, whatever it says."""
    return pl.when(pl.col("is_installed").is_in(["0", "false"])).then(pl.lit("0")).otherwise(pl.col(flag))


def _information(kind: _Rows, dtype: pl.Struct) -> pl.DataFrame:
    rows = text_columns(kind.rows, dtype)
    told = pl.Series("moment", kind.moment, dtype=pl.String).gather(rows["index"])
    by_language = dtype == _BY_LANGUAGE
    name, english = (_in("zh", "en"), _in("en")) if by_language else (pl.col("name"), pl.lit(None, pl.String))
    moment = pl.col("moment")
    place = {"longitude": pl.col("lon"), "latitude": pl.col("lat"), "capacity": pl.col("capacity")}
    return _named(rows.with_columns(told), time=moment, feed_time=moment, name=name, name_en=english, **place)


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
