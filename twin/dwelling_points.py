"""The points of a dwelling's devices, and from when on the register of devices counted each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

FEWEST_HOMES = 10
"""A binding event with fewer homes would tell which one: then the building's first stands for it."""


@dataclass(frozen=True)
class DwellingPoint:
    """One point, its device, and what bound it: event time (UTC) and log position."""

    name: str
    kind: str
    serial: str | None
    community_id: str
    bound_at: datetime
    bound_position: int
    retired: bool


def dwelling_points(bound: pl.DataFrame, building_id: str, dwelling_id: str) -> list[DwellingPoint]:
    """Points of every device that is or was in the dwelling; `bound`: the register's facts of devices."""
    of_building = bound.filter(building_id=building_id)
    retired = set(of_building.filter("retired")["device_id"])
    homes = of_building.group_by("position").agg(homes=pl.col("dwelling_id").drop_nulls().n_unique())
    crowded = set(homes.filter(pl.col("homes") >= FEWEST_HOMES)["position"])
    inside = of_building.filter(dwelling_id=dwelling_id).explode("point_ids").drop_nulls("point_ids")
    first = inside.sort("position").unique("point_ids", keep="first", maintain_order=True)
    building_first = of_building.sort("position").row(0, named=True) if first.height else {}
    found = []
    for row in first.iter_rows(named=True):
        binding = row if row["position"] in crowded else building_first
        known = (row["point_ids"], row["kind"], row["serial"], row["community_id"])
        found.append(DwellingPoint(*known, binding["time"], binding["position"], row["device_id"] in retired))
    return found
