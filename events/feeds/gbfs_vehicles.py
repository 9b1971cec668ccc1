"""GBFS vehicle_status (3.x) and free_bike_status (1.x, 2.x): free-floating vehicles to positions.

Nobody is followed from one trip to the next. From GBFS 2.0 on the standard has the publisher rotate a vehicle's id
after every trip: such ids are kept as they come and joined with nothing. Before (version 1.x, or `bikes` of none) an id
may last as long as the vehicle: it is not stored. The row stands under `parked:<digest of id and place>` instead, the
place to CELL degrees, so that a vehicle which moved is another one, and its rows before and after have nothing in
common. Time is the vehicle's `last_reported`, else the document's `last_updated`. A vehicle without a place of its own,
because it stands at a station, is passed over: station_status counts it. A vehicle's kind is that of its vehicle type;
one without a type is a bike, as it was before there were types.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import polars as pl

from events.feeds.bikes.listed import EVERY, SCOPE, VEHICLES, scope_of, scoped_parts
from events.feeds.bikes.types import BIKE, PENDING, Type, system_of
from events.feeds.decoded import Payload
from events.feeds.gbfs_documents import Members
from events.feeds.json_rows import rows_of, text_columns
from events.feeds.json_texts import text_of_value, value_of
from events.feeds.local_time import utc_times
from events.feeds.refusals import Refused, first_reason, quoted_text
from events.feeds.station_reports import degrees
from events.observations import POSITIONS, STATES

NAMES = ("vehicles", "bikes")
MESSAGE_BYTES = 400_000
CELL = 0.0005
"""Degrees within which a vehicle is taken to stand still: about 50 m, more than a receiver's scatter."""

_ROTATING = re.compile(r"\s*([2-9]|\d\d)")
_ROW = pl.Struct(
    dict.fromkeys(
        (
            "vehicle_id", "bike_id", "lat", "lon", "last_reported", "station_id", "vehicle_type_id", "is_disabled",
            "is_reserved",
        ),
        pl.String,
    )
)  # fmt: skip


@dataclass(frozen=True)
class Vehicles:
    """A document's vehicles as JSON, and its `last_updated` and `version` as text, None when absent."""

    last_updated: str | None
    rows: list[bytes]
    version: str | None = None
    member: str = NAMES[0]
    scope: tuple[int, ...] = EVERY

    @property
    def rotates(self) -> bool:
        """Whether the document's version has its publisher rotate the ids; the word `vehicles` came with version 3."""
        return self.member == NAMES[0] or bool(_ROTATING.match(self.version or ""))


def vehicles_of(found: Members) -> Vehicles | None:
    """The vehicles of a document, None when it is of another kind; PayloadError when they cannot be read.

    A list without vehicles is sound: all are on the road. So is one of vehicles that all stand at stations.
    """
    fields, data = found.fields, found.data
    name = next((n for n in NAMES if n in data), None)
    if name is None or b'"availabilities"' in data[name]:
        return None
    rows = rows_of(data[name])
    if rows and not any(b'"lat"' in row or b'"station_id"' in row for row in rows):
        return None
    scope = scope_of(fields)
    version = _told(fields, "version")
    return Vehicles(_told(fields, "last_updated"), rows, version, name, EVERY if scope is None else scope)


@dataclass(frozen=True)
class Placed:
    """What a document tells: positions, states, refusals, and what it lists (`events.feeds.bikes.listed.listing`)."""

    positions: pl.DataFrame
    states: pl.DataFrame
    refused: list[Refused]
    listed: pl.DataFrame
    time: datetime | None


def positions(
    found: Vehicles, payload: Payload, record: int, standard: str, types: Mapping[str, Type] | None = None
) -> Placed:
    """What the document tells; vehicles that cannot be placed or dated are refused, docked ones passed over.

    `types`: vehicle types that came in the same poll.
    """
    moment = found.last_updated or payload.received_at.isoformat()
    read = text_columns(found.rows, _ROW).with_columns(
        name=pl.coalesce("vehicle_id", "bike_id").str.strip_chars(),
        clock=pl.coalesce("last_reported", pl.lit(moment)),
        longitude=degrees("lon", 180),
        latitude=degrees("lat", 90),
    )
    checked = read.with_columns(utc_times(read["clock"]).alias("time"))
    docked = pl.col("lat").is_null() & pl.col("lon").is_null() & (pl.col("station_id").fill_null("") != "")
    unplaced = pl.col("longitude").is_null() | pl.col("latitude").is_null()
    reason = first_reason(
        (pl.col("name").is_null() | (pl.col("name") == ""), "a vehicle without an id"),
        (unplaced, pl.concat_str(pl.lit("vehicle "), pl.col("name"), pl.lit(": no place with lat and lon"))),
        ((pl.col("longitude") == 0) & (pl.col("latitude") == 0), "a vehicle at latitude 0, longitude 0"),
        (pl.col("time").is_null(), pl.concat_str(quoted_text("clock"), pl.lit(" is no report time"))),
    )
    told = checked.filter(~docked).with_columns(reason=reason)
    bad = dict(told.filter(pl.col("reason").is_not_null()).select("index", "reason").iter_rows())
    unread = sorted(set(range(len(found.rows))).difference(read["index"].to_list()))
    bad |= dict.fromkeys(unread, "a vehicle is no object, or holds a list or an object")
    refused = [Refused(record, f"{standard}: {why}", _document(found, [found.rows[at]], ())) for at, why in bad.items()]
    good = told.filter(pl.col("reason").is_null()).with_columns(
        raw="name", kind=_kind(found, payload.origin, types or {})
    )
    named = good if found.rotates else _renamed(good)
    known = told.filter(pl.col("reason").is_not_null() & pl.col("name").is_not_null()).with_columns(raw="name")
    listed = pl.concat(
        [named.select("name", "raw"), known.select("name", "raw")] if found.rotates else [named.select("name", "raw")]
    )
    return Placed(
        _frame(named, record),
        _states(named, record),
        refused,
        _listed(listed, record),
        utc_times(pl.Series([moment]))[0] if payload.origin else None,
    )


def _kind(found: Vehicles, origin: str, types: Mapping[str, Type]) -> pl.Expr:
    """The kind of each vehicle: its type's, a bike where none is told, to be looked up where it is not known yet."""
    name = pl.col("vehicle_type_id")
    known = {n: t.kind for n, t in types.items()}
    pending = pl.concat_str(pl.lit(f"{PENDING}{system_of(origin)} "), name) if origin else pl.lit(None, pl.String)
    told = (
        name.replace_strict(list(known), pl.Series(list(known.values()), dtype=pl.String), default=None)
        if known
        else (pl.lit(None, pl.String))
    )
    typed = pl.when(name.is_in(list(known))).then(told).otherwise(pending)
    return pl.when(name.is_null()).then(pl.lit(BIKE)).otherwise(typed)


def _states(named: pl.DataFrame, record: int) -> pl.DataFrame:
    """Vehicles that nobody can take: `vehicle:<id>:is_disabled`, `:is_reserved`, told where it is so."""
    parts = [
        named.filter(pl.col(flag).str.to_lowercase().is_in(["1", "true"])).select(
            pl.concat_str(pl.lit("vehicle:"), "name", pl.lit(f":{flag}")).alias("point_id"),
            "time",
            pl.lit("true").alias("text"),
            pl.lit(record, pl.UInt32).alias("record"),
        )
        for flag in ("is_disabled", "is_reserved")
    ]
    return pl.concat(parts).cast(dict(STATES.decoded))  # type: ignore[arg-type]


def _listed(names: pl.DataFrame, record: int) -> pl.DataFrame:
    return names.select(pl.lit(record, pl.UInt32).alias("record"), "name", "raw", pl.lit(VEHICLES).alias("group"))


def _renamed(good: pl.DataFrame) -> pl.DataFrame:
    """The rows under names that nobody can be followed by."""
    named = good.select("name", "longitude", "latitude").iter_rows()
    return good.with_columns(pl.Series("name", [_untraceable(*row) for row in named], dtype=pl.String))


def vehicle_messages(found: Vehicles) -> Sequence[bytes]:
    """The document as messages of about MESSAGE_BYTES, each with its `last_updated`, of whole buckets."""
    read = text_columns(found.rows, _ROW)
    names: list[str | None] = [None] * len(found.rows)
    for at, name in read.select("index", pl.coalesce("vehicle_id", "bike_id").str.strip_chars()).iter_rows():
        names[at] = name
    parts = scoped_parts(found.rows, names, MESSAGE_BYTES)
    return [_document(found, part, scope if found.scope == EVERY else found.scope) for part, scope in parts]


def _told(fields: Mapping[str, bytes], name: str) -> str | None:
    """A scalar member as text, None when absent."""
    told = value_of(fields[name]) if name in fields else None
    return text_of_value(told) if isinstance(told, str | int | float) else None


def _untraceable(name: str, longitude: float, latitude: float) -> str:
    """A name that a vehicle has only as long as it stands where it is."""
    place = f"{round(longitude / CELL)},{round(latitude / CELL)}"
    digest = hashlib.blake2b(f"{name} at {place}".encode(), digest_size=12)
    return f"parked:{digest.hexdigest()}"


def _document(found: Vehicles, rows: list[bytes], scope: Sequence[int]) -> bytes:
    data = msgspec.Raw(b'{"' + found.member.encode() + b'":[' + b",".join(rows) + b"]}")
    told = {"last_updated": found.last_updated, "version": found.version}
    head = {name: text for name, text in told.items() if text is not None}
    whole = {} if tuple(scope) == EVERY else {SCOPE: list(scope)}
    return msgspec.json.encode({**head, **whole, "data": data})


def _frame(good: pl.DataFrame, record: int) -> pl.DataFrame:
    return good.select(
        pl.col("name").alias("vehicle_id"),
        "time",
        pl.lit(None, pl.String).alias("route_id"),
        "longitude",
        "latitude",
        pl.lit(None, pl.Float32).alias("bearing"),
        pl.lit(None, pl.Float32).alias("speed"),
        "kind",
        pl.lit(record, pl.UInt32).alias("record"),
    ).cast(dict(POSITIONS.decoded))  # type: ignore[arg-type]
