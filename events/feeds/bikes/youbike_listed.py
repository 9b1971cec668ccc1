"""What a YouBike document lists: written into its last message by `youbike.split`, read back where that is decoded.

    {"listed": ["500101001", …], "made": "2024-04-11 00:26:51", "data": [rows]}

An array of rows may be a part of a document, so that only this says that one is whole. It is whole for the areas that
it lists: the operators' first four digits (`5001` Taipei), the letters of a TDX identity, or YouBike 1.0. A document is
as old as the feed says, else as the newest 5 % of its stations' reports: one station's clock alone does not date it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import polars as pl

from events.feeds.bikes.listed import IDS, STATIONS, Whole, ids_of, listing
from events.feeds.decoded import Payload
from events.feeds.json_texts import value_of
from events.feeds.local_time import utc_times
from events.observations import STATES

MADE = "made"
_NEWEST = 0.95


def message_of(rows: Sequence[bytes], reports: pl.DataFrame) -> bytes:
    """The rows as the last message of a document whose reports (text columns of all its rows) these are."""
    ids = reports["station_id"].str.strip_chars().drop_nulls().unique(maintain_order=True).to_list()
    head = msgspec.json.encode({IDS: ids, MADE: _made(reports)})[:-1]
    return head + b',"data":[' + b",".join(rows) + b"]}"


def listed_states(fields: Mapping[str, bytes], payload: Payload, record: int) -> pl.DataFrame:
    """Rows of STATES that say what the document lists; none where it does not say."""
    names, made = ids_of(fields), value_of(fields[MADE]) if MADE in fields else None
    time = utc_times(pl.Series([made]))[0] if isinstance(made, str) else None
    if not names or not payload.origin or time is None:
        return pl.DataFrame(schema=STATES.decoded)
    group = pl.concat_str(pl.lit(STATIONS), _area(pl.col("name")))
    listed = pl.DataFrame({"name": names, "raw": names}).with_columns(
        group.alias("group"), pl.lit(record, pl.UInt32).alias("record")
    )
    groups = tuple(listed["group"].unique().sort().to_list())
    return listing(listed, "docks", [Whole(record, payload.origin, min(time, payload.received_at), groups)])


def _made(reports: pl.DataFrame) -> str | None:
    told = reports["feed_time"] if reports["feed_time"].null_count() < reports.height else reports["time"]
    times = utc_times(told).drop_nulls().sort()
    return times[int(_NEWEST * (len(times) - 1))].isoformat() if len(times) else None


def _area(name: pl.Expr) -> pl.Expr:
    return (
        pl.when(name.str.contains(r"^\d{9}$"))
        .then(name.str.slice(0, 4))
        .when(name.str.contains(r"^\d{4}$"))
        .then(pl.lit("v1"))
        .otherwise(name.str.extract(r"^([A-Za-z]+)").fill_null(""))
    )
