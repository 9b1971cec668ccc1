"""GBFS vehicle_status (3.x) and free_bike_status (1.x, 2.x): free-floating vehicles to positions.

Nobody is followed from one trip to the next. From GBFS 2.0 on the standard has the publisher rotate a vehicle's id
after every trip: such ids are kept as they come and joined with nothing. Before (version 1.x, or `bikes` of none) an id
may last as long as the vehicle: it is not stored. The row stands under `parked:<digest of id and place>` instead, the
place to CELL degrees, so that a vehicle which moved is another one, and its rows before and after have nothing in
common. Time is the vehicle's `last_reported`, else the document's `last_updated`. A vehicle without a place of its own,
because it stands at a station, is refused: station_status counts it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import polars as pl

from events.feeds.decoded import Payload
from events.feeds.gbfs_documents import Members
from events.feeds.json_rows import rows_of, text_columns
from events.feeds.json_texts import text_of_value, value_of
from events.feeds.local_time import utc_times
from events.feeds.messages import parts
from events.feeds.refusals import Refused, first_reason, quoted_text
from events.feeds.station_reports import degrees
from events.observations import POSITIONS

NAMES = ("vehicles", "bikes")
MESSAGE_BYTES = 400_000
CELL = 0.0005
"""Degrees within which a vehicle is taken to stand still: about 50 m, more than a receiver's scatter."""

_ROTATING = re.compile(r"\s*([2-9]|\d\d)")
_ROW = pl.Struct(dict.fromkeys(("vehicle_id", "bike_id", "lat", "lon", "last_reported", "station_id"), pl.String))


@dataclass(frozen=True)
class Vehicles:
    """A document's vehicles as JSON, and its `last_updated` and `version` as text, None when absent."""

    last_updated: str | None
    rows: list[bytes]
    version: str | None = None
    member: str = NAMES[0]

    @property
    def rotates(self) -> bool:
        """Whether the document's version has its publisher rotate the ids; the word `vehicles` came with version 3."""
        return self.member == NAMES[0] or bool(_ROTATING.match(self.version or ""))


def vehicles_of(found: Members) -> Vehicles | None:
    """The vehicles of a document, None when it is of another kind; PayloadError when they cannot be read.

    A list without vehicles is sound: all are on the road.
    """
    fields, data = found.fields, found.data
    name = next((n for n in NAMES if n in data), None)
    if name is None:
        return None
    rows = rows_of(data[name])
    if rows and not any(b'"lat"' in row for row in rows):
        return None
    return Vehicles(_told(fields, "last_updated"), rows, _told(fields, "version"), name)


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
    good = told.filter(pl.col("reason").is_null())
    return _frame(good if found.rotates else _renamed(good), record), refused


def _renamed(good: pl.DataFrame) -> pl.DataFrame:
    """The rows under names that nobody can be followed by."""
    named = good.select("name", "longitude", "latitude").iter_rows()
    return good.with_columns(pl.Series("name", [_untraceable(*row) for row in named], dtype=pl.String))


def vehicle_messages(found: Vehicles) -> Sequence[bytes]:
    """The document as messages of about MESSAGE_BYTES, each with its `last_updated`."""
    return [_document(found, part) for part in parts(found.rows, MESSAGE_BYTES)]


def _told(fields: Mapping[str, bytes], name: str) -> str | None:
    """A scalar member as text, None when absent."""
    told = value_of(fields[name]) if name in fields else None
    return text_of_value(told) if isinstance(told, str | int | float) else None


def _untraceable(name: str, longitude: float, latitude: float) -> str:
    """A name that a vehicle has only as long as it stands where it is."""
    place = f"{round(longitude / CELL)},{round(latitude / CELL)}"
    digest = hashlib.blake2b(f"{name} at {place}".encode(), digest_size=12)
    return f"parked:{digest.hexdigest()}"


def _document(found: Vehicles, rows: list[bytes]) -> bytes:
    data = msgspec.Raw(b'{"' + found.member.encode() + b'":[' + b",".join(rows) + b"]}")
    told = {"last_updated": found.last_updated, "version": found.version}
    head = {name: text for name, text in told.items() if text is not None}
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
