"""Stations of GBFS documents, many read at once: reports of station_status, descriptions of station_information."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import polars as pl

from events.feeds.bikes.listed import SCOPE
from events.feeds.gbfs_documents import Document
from events.feeds.json_rows import text_columns
from events.feeds.refusals import Refused
from events.feeds.station_reports import REPORT, typed

FORMAT = "gbfs"
STRANGE = (
    "a station is no object, or holds a list or an object where a text or a number is asked, or what cannot be read"
)

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
PLAIN = pl.Struct(dict.fromkeys(("station_id", "name", "lat", "lon", "capacity"), pl.String))
BY_LANGUAGE = pl.Struct(
    {
        **dict.fromkeys(("station_id", "lat", "lon", "capacity"), pl.String),
        "name": pl.List(pl.Struct({"text": pl.String, "language": pl.String})),
    }
)


@dataclass
class Rows:
    """Stations of one kind of document, of every payload of a poll: as JSON, and payload and time beside each."""

    rows: list[bytes] = field(default_factory=list)
    record: list[int] = field(default_factory=list)
    moment: list[str] = field(default_factory=list)

    def add(self, document: Document, record: int, moment: str) -> None:
        """The stations of a document of payload `record`, told at `moment`."""
        self.rows += document.stations
        self.record += [record] * len(document.stations)
        self.moment += [moment] * len(document.stations)

    def document(self, at: int) -> bytes:
        """A document of one station, dated as its own was; it is whole for nothing."""
        data = msgspec.Raw(b'{"stations":[' + self.rows[at] + b"]}")
        return msgspec.json.encode({"last_updated": self.moment[at], SCOPE: [], "data": data})


def checked_reports(
    kind: Rows, reports: pl.DataFrame, passed: Sequence[int], required: tuple[str, ...]
) -> tuple[pl.DataFrame, list[Refused]]:
    """The sound reports, typed, and refusals for the others and for rows that could not be read at all.

    `passed`: rows that are passed over.
    """
    owner = pl.Series("record", kind.record, dtype=pl.UInt32)
    checked = typed(reports.with_columns(owner.gather(reports["index"]).alias("record")), required).with_columns(
        reports["index"]
    )
    verdicts = checked.select("index", "reason").filter(pl.col("reason").is_not_null())
    bad = dict(verdicts.iter_rows())
    unread = set(range(len(kind.rows))).difference(reports["index"].to_list(), passed)
    bad |= dict.fromkeys(sorted(unread), STRANGE)
    refused = [Refused(kind.record[at], f"{FORMAT}: {why}", kind.document(at)) for at, why in bad.items()]
    return checked.filter(pl.col("reason").is_null()), refused


def status_reports(kind: Rows) -> tuple[pl.DataFrame, list[int]]:
    """Reports, and the rows of stations that are not on the street and have never reported: passed over.

    A negative count beside that of vehicles is none: what a system that does not know writes.
    """
    rows = text_columns(kind.rows, _STATUS)
    away = rows.filter(pl.col("is_installed").is_in(["0", "false"]))
    silent = pl.col("last_reported").is_null() | pl.col("last_reported").is_in(["0", "0.0", ""])
    asleep = away.filter(silent)["index"].to_list() if away.height else []
    told = rows.filter(~pl.col("index").is_in(asleep)) if asleep else rows
    return _named(
        told,
        time=pl.col("last_reported"),
        vehicles=pl.coalesce("num_vehicles_available", "num_bikes_available"),
        ebikes=_known("num_ebikes_available"),
        vehicles_disabled=_known(pl.coalesce("num_vehicles_disabled", "num_bikes_disabled")),
        docks=_known("num_docks_available"),
        docks_disabled=_known("num_docks_disabled"),
        renting=_where_installed("is_renting"),
        returning=_where_installed("is_returning"),
    ), asleep


def _known(count: pl.Expr | str) -> pl.Expr:
    """A count, null where it is negative."""
    text = pl.col(count) if isinstance(count, str) else count
    return pl.when(~text.str.starts_with("-")).then(text)


def _where_installed(flag: str) -> pl.Expr:
    """A flag, `0` at a station that is not on the street: nobody rents or returns there, whatever it says."""
    return pl.when(pl.col("is_installed").is_in(["0", "false"])).then(pl.lit("0")).otherwise(pl.col(flag))


def descriptions(kind: Rows, dtype: pl.Struct) -> pl.DataFrame:
    """What station_information tells of stations, whose texts are as `dtype` is: `PLAIN` or `BY_LANGUAGE`."""
    rows = text_columns(kind.rows, dtype)
    told = pl.Series("moment", kind.moment, dtype=pl.String).gather(rows["index"])
    by_language = dtype == BY_LANGUAGE
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
