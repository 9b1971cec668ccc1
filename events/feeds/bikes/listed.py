"""What a document of stations or of free-floating vehicles lists; a long one comes in several messages.

Stations keep their order: the last message of a document says `"listed": [ids]` of the whole, the others `"scope": []`.
Vehicles are put into BUCKETS buckets by their id (`events.feeds.snapshots`), and a message says in its head which of
them it holds whole: `"scope": [0, 7]`. A GBFS document that says neither is whole, as the standard has it; a bare array
of stations may be a part of one and says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from events.feeds.json_texts import value_of
from events.feeds.listing import COMPLETE, LISTED, feed_of, listed_points, listing_states, whole_point
from events.feeds.snapshots import BUCKETS, bucket_of
from events.observations import FAMILIES, STATES, TIME

SCOPE, IDS = "scope", "listed"
EVERY = tuple(range(BUCKETS))
STATIONS, VEHICLES = "stations", "vehicles"


def scope_of(fields: Mapping[str, bytes]) -> tuple[int, ...] | None:
    """The buckets that a document says it holds whole, None where it does not say."""
    told = value_of(fields[SCOPE]) if SCOPE in fields else None
    if not isinstance(told, list):
        return None
    return tuple(b for b in told if type(b) is int and 0 <= b < BUCKETS)


def ids_of(fields: Mapping[str, bytes]) -> list[str] | None:
    """The ids of everything that a document lists, None where it does not say."""
    told = value_of(fields[IDS]) if IDS in fields else None
    return [name for name in told if isinstance(name, str)] if isinstance(told, list) else None


def scoped_parts(
    rows: Sequence[bytes], ids: Sequence[str | None], size_bytes: int
) -> list[tuple[list[bytes], list[int]]]:
    """Rows in groups of whole buckets of about `size_bytes`, and which; rows without an id come with the last."""
    if sum(map(len, rows)) <= size_bytes:
        return [(list(rows), list(EVERY))]
    by_bucket: dict[int, list[bytes]] = {bucket: [] for bucket in EVERY}
    strangers: list[bytes] = []
    for row, name in zip(rows, ids, strict=True):
        (strangers if name is None else by_bucket[bucket_of(name)]).append(row)
    found: list[tuple[list[bytes], list[int]]] = [([], [])]
    size = 0
    for bucket, part in by_bucket.items():
        length = sum(map(len, part))
        if found[-1][1] and size + length > size_bytes:
            found.append(([], []))
            size = 0
        found[-1][0].extend(part)
        found[-1][1].append(bucket)
        size += length
    found[-1][0].extend(strangers)
    return found


@dataclass(frozen=True)
class Whole:
    """A whole document: its payload, where it comes from, when it was made, groups that it tells of, and its buckets
    (none: no buckets; empty: it is whole for nothing)."""

    record: int
    origin: str
    time: datetime
    groups: tuple[str, ...]
    scope: tuple[int, ...] | None = None

    @property
    def mark(self) -> str:
        """The point that says so."""
        kinds = [g if self.scope is None else f"{g}.b{b}" for g in self.groups for b in self.scope or (0,)]
        return whole_point(feed_of(self.origin), kinds)


def listing(listed: pl.DataFrame, family: str, documents: Sequence[Whole]) -> pl.DataFrame:
    """Rows of STATES that say what documents list.

    `listed`: record, name (the identity that is listed), raw (the id that buckets go by), group (what is listed).
    """
    told = [d for d in documents if d.scope is None or d.scope]
    if not told:
        return pl.DataFrame(schema=STATES.decoded)
    schema = {"record": pl.UInt32(), "feed": pl.String(), "told": TIME, "point": pl.String(), "bucketed": pl.Boolean()}
    marks = [(d.record, feed_of(d.origin), d.time, d.mark, d.scope is not None) for d in told]
    heads = pl.DataFrame(marks, schema=schema, orient="row")
    ids = listed["raw"].unique()
    buckets = pl.Series([f".b{bucket_of(name)}" for name in ids], dtype=pl.String)
    bucket = pl.col("raw").replace_strict(ids, buckets, return_dtype=pl.String)
    rows = listed.join(heads, on="record", how="inner", maintain_order="left").with_columns(
        kind=pl.concat_str("group", pl.when("bucketed").then(bucket).otherwise(pl.lit("")))
    )
    column = next(iter(FAMILIES[family].entity))
    points = listed_points(rows.rename({"name": column}), family, [column])
    whole = listing_states(heads["point"], COMPLETE, heads["told"], heads["record"])
    return pl.concat([whole, listing_states(points, LISTED, rows["told"], rows["record"])])
