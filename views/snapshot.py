"""Everything that the city page shows, taken of one cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from events.clock import now
from events.observations import Quality
from replay.city import City
from views import usage

ON_THE_ROAD = timedelta(minutes=10)
"""A vehicle that was not heard of for longer is off the map."""

TRAIL = timedelta(minutes=6)


@dataclass(frozen=True)
class Snapshot:
    """Everything the city page shows, of one cut.

    at         the instant shown; live, the latest event time
    live       whether this is everything so far
    sites      communities (`twin.projections.register`) with `modelled`, whether a building model is there
    buildings  buildings with a model
    stations   station_id, time, num_vehicles_available, num_docks_available, capacity, name, name_en, district,
               longitude, latitude; only stations whose place is known
    vehicles   positions heard of within ON_THE_ROAD before `at`
    trails     vehicle_id, path ([[longitude, latitude]…]) of the last TRAIL
    use        homes' use of the last 24 h by community and medium (`views.usage.by_community`)
    measured, estimated, silent   meters whose last register was measured, was estimated, is older than `usage.FRESH`
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
    measured: int
    estimated: int
    silent: int

    @property
    def measured_share(self) -> float | None:
        """Share of the last registers that were measured, None without meters."""
        total = self.measured + self.estimated
        return self.measured / total if total else None

    def used(self, medium: str) -> tuple[float | None, int]:
        """(use of all homes that count in the last 24 h, number of them) of a medium."""
        rows = self.use.filter(pl.col("medium") == medium)
        return (float(rows["used"].sum()), int(rows["homes"].sum())) if rows.height else (None, 0)


def snapshot(city: City, at: datetime | None, known: int | None) -> Snapshot | None:
    """The city page's cut; None while the city holds nothing at all."""
    span, cut = city.span(), city.cut(at, known)
    if span is None and not cut.communities().height:
        return None
    moment = at or (span[1] if span else now())
    use = usage.meter_use(city, moment, known)
    last = use.filter(pl.col("time").is_not_null())
    estimated = cut.frame("readings").filter(pl.col("quality") != Quality.MEASURED).height
    buildings = cut.buildings()
    modelled = pl.col("community_id").is_in(buildings["community_id"].to_list())
    placed = pl.col("longitude").is_not_null()  # a vehicle that is not listed any more has no place
    vehicles = cut.frame("positions").filter((pl.col("time") >= moment - ON_THE_ROAD) & placed)
    return Snapshot(
        moment,
        cut.known,
        cut.live,
        cut.communities().with_columns(modelled=modelled),
        buildings,
        _stations(cut.frame("docks"), cut.frame("stations")),
        vehicles,
        _trails(city, vehicles, moment, known),
        usage.by_community(use),
        cut.frame("readings").height - estimated,
        estimated,
        use.height - last.filter(pl.col("age_h") <= usage.FRESH / timedelta(hours=1)).height,
    )


def _stations(docks: pl.DataFrame, stations: pl.DataFrame) -> pl.DataFrame:
    places = stations.select("station_id", "name", "name_en", "district", "longitude", "latitude")
    counts = ("num_vehicles_available", "num_docks_available", "capacity")
    joined = docks.select("station_id", "time", *counts).join(places, "station_id", how="inner")
    return joined.filter(pl.col("longitude").is_not_null()).sort("station_id")


def _trails(city: City, vehicles: pl.DataFrame, at: datetime, known: int | None) -> pl.DataFrame:
    rows = city.series("positions", vehicles["vehicle_id"].to_list(), at - TRAIL, at, known)
    placed = rows.drop_nulls(["longitude", "latitude"])
    return placed.group_by("vehicle_id", maintain_order=True).agg(path=pl.concat_list("longitude", "latitude"))
