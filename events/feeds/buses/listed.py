"""What a GTFS-Realtime feed lists: a full dataset everything, a differential one each entity that it tells of.

Kinds of a full dataset are those of its entities: vehicles, trips, alerts. Of a differential one each entity is a kind
of its own, whole whenever it is told of; one that is deleted is whole and lists nothing. What was refused was listed
all the same: a vehicle by its name, an alert by its id; of trips, which have none, nothing is concluded then.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from events.feeds.buses.alerts import NAMES
from events.feeds.listing import (
    COMPLETE,
    LISTED,
    TORN,
    feed_of,
    kind_of_entity,
    listed_points,
    listing_states,
    whole_point,
)  # fmt: skip
from events.observations import ARRIVALS, POSITIONS, STATES, TIME, Family

VEHICLES, TRIPS, ALERTS = "vehicles", "trips", "alerts"


@dataclass
class FullFeed:
    """A full dataset: where it stands in the poll, its feed and instant, kinds of its entities, what was refused."""

    record: int
    feed: str
    time_us: int
    kinds: set[str] = field(default_factory=set)
    vehicles: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)

    @property
    def whole(self) -> str:
        """Its mark."""
        return whole_point(self.feed, self.kinds)


@dataclass
class TornEntity:
    """One entity of a differential feed: what it told of, as positions, states, and the number of its trip update."""

    record: int
    feed: str
    time_us: int
    entity: str
    vehicle: str | None = None
    points: list[str] = field(default_factory=list)
    trip: int | None = None


def feed_name(origin: str) -> str:
    """The feed's name in points, "" where it has none."""
    return feed_of(origin) if origin else ""


def full_listing(
    full: list[FullFeed], positions: pl.DataFrame, stops: pl.DataFrame, states: pl.DataFrame
) -> pl.DataFrame:
    """Rows of STATES that say what full datasets list."""
    if not full:
        return pl.DataFrame(schema=STATES.decoded)
    heads = pl.DataFrame(
        [(f.record, f.feed, f.time_us) for f in full],
        schema={"record": pl.UInt32, "feed": pl.String, "told": pl.Int64}, orient="row",
    ).with_columns(pl.col("told").cast(TIME))  # fmt: skip
    alert = pl.col("point_id").str.starts_with("alert:")
    kinds = {POSITIONS.name: pl.lit(VEHICLES), ARRIVALS.name: pl.lit(TRIPS),
             STATES.name: pl.when(alert).then(pl.lit(ALERTS)).otherwise(pl.lit(VEHICLES))}  # fmt: skip
    refused = [("positions", f.record, v) for f in full for v in f.vehicles]
    kept = [("states", f.record, f"alert:{a}:{n}") for f in full for a in f.alerts for n in NAMES]
    parts = [_marks([(f.whole, f.time_us, f.record) for f in full])]
    for family, rows in ((POSITIONS, positions), (ARRIVALS, stops), (STATES, states)):
        parts.append(_listed(family, rows.select("record", *family.entity), heads, kinds[family.name]))
    for name, family in (("positions", POSITIONS), ("states", STATES)):
        lost = [(r, i) for n, r, i in (*refused, *kept) if n == name]
        column = next(iter(family.entity))
        rows = pl.DataFrame(lost, schema={"record": pl.UInt32, column: pl.String}, orient="row")
        parts.append(_listed(family, rows, heads, kinds[family.name]))
    return pl.concat(parts)


def entity_listing(torn: list[TornEntity], stops: pl.DataFrame) -> pl.DataFrame:
    """Rows of STATES that say what entities of differential feeds tell of; `stops`: identity, `entity` of updates."""
    if not torn:
        return pl.DataFrame(schema=STATES.decoded)
    parts = [_marks([(whole_point(t.feed, [kind_of_entity(t.entity)]), t.time_us, t.record) for t in torn])]
    head = {"record": pl.UInt32, "feed": pl.String, "told": pl.Int64, "kind": pl.String}
    named = [((t.record, t.feed, t.time_us, kind_of_entity(t.entity)), t) for t in torn]
    vehicles = [(*h, t.vehicle) for h, t in named if t.vehicle]
    points = [(*h, p) for h, t in named for p in t.points]
    trips = [(*h, t.trip) for h, t in named if t.trip is not None]
    calls = pl.DataFrame(trips, schema={**head, "entity": pl.UInt32}, orient="row").join(stops, on="entity")
    for family, rows in (
        (POSITIONS, pl.DataFrame(vehicles, schema={**head, "vehicle_id": pl.String}, orient="row")),
        (STATES, pl.DataFrame(points, schema={**head, "point_id": pl.String}, orient="row")),
        (ARRIVALS, calls),
    ):
        dated = rows.with_columns(pl.col("told").cast(TIME))
        parts.append(_states(family, dated))
    return pl.concat(parts)


def torn(kind: str) -> str:
    """A kind of which nothing is concluded."""
    return f"{kind}{TORN}"


def _listed(family: Family, rows: pl.DataFrame, heads: pl.DataFrame, kind: pl.Expr) -> pl.DataFrame:
    told = rows.join(heads, on="record", how="inner", maintain_order="left")
    return _states(family, told.with_columns(kind=kind))


def _states(family: Family, rows: pl.DataFrame) -> pl.DataFrame:
    return listing_states(listed_points(rows, family.name, family.entity), LISTED, rows["told"], rows["record"])


def _marks(rows: list[tuple[str, int, int]]) -> pl.DataFrame:
    points, times, records = (list(column) for column in zip(*rows, strict=True))
    return listing_states(
        pl.Series(points, dtype=pl.String), COMPLETE, pl.Series(times, dtype=pl.Int64).cast(TIME), pl.Series(records)
    )
