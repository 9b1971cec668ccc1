"""GBFS vehicle_status (3.x) and free_bike_status (1.x, 2.x): free-floating vehicles to positions.

Ids rotate after every trip (GBFS 2.0 on), so that nobody is followed from one to the next; they are kept as they
come and joined with nothing. Time is the vehicle's `last_reported`, else the document's `last_updated`. A vehicle
without a place of its own, because it stands at a station, is refused: station_status counts it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import polars as pl

from events.feeds.cells import parts
from events.feeds.decoded import Payload
from events.feeds.gbfs_documents import Members
from events.feeds.json_rows import rows_of, text_columns
from events.feeds.json_texts import text_of_value, value_of
from events.feeds.local_time import utc_times
from events.feeds.refusals import Refused, first_reason, quoted_text
from events.feeds.station_reports import degrees
from events.observations import POSITIONS

NAMES = ("vehicles", "bikes")
MESSAGE_BYTES = 400_000
_ROW = pl.Struct(dict.fromkeys(("vehicle_id", "bike_id", "lat", "lon", "last_reported", "station_id"), pl.String))


@dataclass(frozen=True)
class Vehicles:
    """A document's vehicles as JSON, and its `last_updated` as text, None when absent."""

    last_updated: str | None
    rows: list[bytes]


def vehicles_of(found: Members) -> Vehicles | None:
    """The vehicles of a document, None when it holds none; PayloadError when they cannot be read."""
    fields, data = found.fields, found.data
    name = next((n for n in NAMES if n in data), None)
    if name is None:
        return None
    rows = rows_of(data[name])
    if not any(b'"lat"' in row for row in rows):
        return None
    told = value_of(fields["last_updated"]) if "last_updated" in fields else None
    return Vehicles(text_of_value(told) if isinstance(told, str | int | float) else None, rows)


def positions(found: Vehicles, payload: Payload, record: int, standard: str) -> tuple[pl.DataFrame, list[Refused]]:
    """Rows of POSITIONS, and refusals of the vehicles that cannot be placed or dated."""
    moment = found.last_updated or payload.received_at.isoformat()
    read = text_columns(found.rows, _ROW).with_columns(
        name=pl.coalesce("vehicle_id", "bike_id").str.strip_chars(),
        clock=pl.coalesce("last_reported", pl.lit(moment)),
        longitude=degrees("lon", 180),
        latitude=degrees("lat", 90),
    )
    checked = read.with_columns(utc_times(read["clock"]).alias("time"))
    unplaced = pl.col("longitude").is_null() | pl.col("latitude").is_null()
    reason = first_reason(
        (pl.col("name").is_null() | (pl.col("name") == ""), "a vehicle without an id"),
        (unplaced, pl.concat_str(pl.lit("vehicle "), pl.col("name"), pl.lit(": no place with lat and lon"))),
        ((pl.col("longitude") == 0) & (pl.col("latitude") == 0), "a vehicle at latitude 0, longitude 0"),
        (pl.col("time").is_null(), pl.concat_str(quoted_text("clock"), pl.lit(" is no report time"))),
    )
    told = checked.with_columns(reason=reason)
    bad = dict(told.filter(pl.col("reason").is_not_null()).select("index", "reason").iter_rows())
    unread = sorted(set(range(len(found.rows))).difference(read["index"].to_list()))
    bad |= dict.fromkeys(unread, "a vehicle is no object, or holds a list or an object")
    refused = [Refused(record, f"{standard}: {why}", _document(found, [found.rows[at]])) for at, why in bad.items()]
    return _frame(told.filter(pl.col("reason").is_null()), record), refused


def vehicle_messages(found: Vehicles) -> Sequence[bytes]:
    """The document as messages of about MESSAGE_BYTES, each with its `last_updated`."""
    return [_document(found, part) for part in parts(found.rows, MESSAGE_BYTES)]


def _document(found: Vehicles, rows: list[bytes]) -> bytes:
    data = msgspec.Raw(b'{"vehicles":[' + b",".join(rows) + b"]}")
    head = {} if found.last_updated is None else {"last_updated": found.last_updated}
    return msgspec.json.encode({**head, "data": data})


def _frame(good: pl.DataFrame, record: int) -> pl.DataFrame:
    return good.select(
        pl.col("name").alias("vehicle_id"),
        "time",
        pl.lit(None, pl.String).alias("route_id"),
        "longitude",
        "latitude",
        pl.lit(None, pl.Float32).alias("bearing"),
        pl.lit(None, pl.Float32).alias("speed"),
        pl.lit(record, pl.UInt32).alias("record"),
    ).cast(dict(POSITIONS.decoded))  # type: ignore[arg-type]
