"""Everything that the city page shows, taken of one cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from events.clock import now
from replay.city import City
from views import usage

LIVE_STATION = timedelta(hours=24)
"""A station that told nothing for longer counts no more. YouBike's time of a station is that of its last change: of
1,790 in a capture (2026-08-20 19:41) none in service was older than six hours; the 28 older than a day were closed."""

ON_THE_ROAD = timedelta(minutes=10)
"""A vehicle that was not heard of for longer is off the map."""

TRAIL = timedelta(minutes=6)
UNKNOWN = "unknown"
"""Kind of a vehicle whose kind is not told."""


@dataclass(frozen=True)
class Snapshot:
    """Everything the city page shows, of one cut.

    at         the instant shown; live, the latest event time
    live       whether this is everything so far
    sites      communities (`twin.projections.register`) with `modelled`, whether a building model is there
    buildings  buildings with a model
    stations   station_id, time, num_vehicles_available, num_docks_available, capacity, name, name_en, district,
               longitude, latitude, live (in service, and heard of within LIVE_STATION before `at`); only stations
               whose place is known
    vehicles   positions heard of within ON_THE_ROAD before `at`; `kind` is never null: `unknown` where none is told
    trails     vehicle_id, path ([[longitude, latitude]…]) of the last TRAIL, kind
    use        homes' use of the last 24 h by community and medium (`views.usage.by_community`)
    quality    of which meters and homes the use of the last 24 h is told, and how many of them were wholly measured
    silent     meters that never told anything, or whose last reading is older than `usage.FRESH`
    """

    at: datetime
    known: int
    live: bool
    sites: pl.DataFrame
    buildings: pl.DataFrame
    stations: pl.DataFrame
    vehicles: pl.DataFrame
    trails: pl.DataFrame
    use: pl.DataFrame
    quality: usage.Quality
    silent: int

    def used(self, medium: str) -> tuple[float | None, int]:
        """(use of all homes that count in the last 24 h, number of them) of a medium."""
        rows = self.use.filter(pl.col("medium") == medium)
        return (float(rows["used"].sum()), int(rows["homes"].sum())) if rows.height else (None, 0)


def snapshot(city: City, at: datetime | None, known: int | None) -> Snapshot | None:
    """The city page's cut; None while the city holds nothing at all."""
    span, cut = city.span(), city.cut(at, known)
    if span is None and not city.cut(None, known).communities().height:
        return None
    moment = at or (span[1] if span else now())
    use = usage.meter_use(city, moment, known)
    last = use.filter(pl.col("time").is_not_null())
    buildings = cut.buildings()
    modelled = pl.col("community_id").is_in(buildings["community_id"].to_list())
    placed = pl.col("longitude").is_not_null()  # a vehicle that is not listed any more has no place
    vehicles = cut.frame("positions").filter((pl.col("time") >= moment - ON_THE_ROAD) & placed).with_columns(_kind())
    return Snapshot(
        moment,
        cut.known,
        cut.live,
        cut.communities().with_columns(modelled=modelled),
        buildings,
        _stations(cut.frame("docks"), cut.frame("stations"), moment),
        vehicles,
        _trails(city, vehicles, moment, known),
        usage.by_community(use),
        usage.quality(use),
        use.height - last.filter(pl.col("age_h") <= usage.FRESH / timedelta(hours=1)).height,
    )


def _stations(docks: pl.DataFrame, stations: pl.DataFrame, at: datetime) -> pl.DataFrame:
    places = stations.select("station_id", "name", "name_en", "district", "longitude", "latitude")
    counts = ("num_vehicles_available", "num_docks_available", "capacity")
    heard = (pl.col("time") >= at - LIVE_STATION) & pl.col("num_vehicles_available").is_not_null()
    live = heard & pl.col("is_renting").fill_null(value=True)
    joined = docks.select("station_id", "time", *counts, live=live).join(places, "station_id", how="inner")
    return joined.filter(pl.col("longitude").is_not_null()).sort("station_id")


def _trails(city: City, vehicles: pl.DataFrame, at: datetime, known: int | None) -> pl.DataFrame:
    rows = city.series("positions", vehicles["vehicle_id"].to_list(), at - TRAIL, at, known)
    placed = rows.drop_nulls(["longitude", "latitude"])
    ways = placed.group_by("vehicle_id", maintain_order=True).agg(path=pl.concat_list("longitude", "latitude"))
    return ways.join(vehicles.select("vehicle_id", "kind"), on="vehicle_id", how="left", maintain_order="left")


def _kind() -> pl.Expr:
    """What moves; before positions told their kind, whatever had a route was a bus, the rest may be anything."""
    routed = pl.when(pl.col("route_id").is_not_null()).then(pl.lit("bus"))
    return pl.coalesce("kind", routed, pl.lit(UNKNOWN)).alias("kind")
