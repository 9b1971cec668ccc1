"""Everything that a cut knows of one entity, each value with its age, quality and source event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from events.errors import UsageError
from events.observations import FAMILIES, Quality
from replay.cut import Cut
from replay.diff import REGISTERED, frame_of, identity
from replay.quantities import unit_of

_ORDER = ("time", "position", "quality", "unit")


@dataclass(frozen=True)
class Fact:
    """One value: of which frame and entity, since when (event time, UTC), how old, and the log event that told it.

    `quality` is that of a reading (measured, estimated, substituted, manual, invalid), null elsewhere.
    """

    frame: str
    entity: str
    quantity: str
    value: Any
    unit: str | None
    time: datetime
    age_s: float
    quality: str | None
    position: int


def facts_of(cut: Cut, entity: str, asked_at: datetime) -> list[Fact]:
    """What `cut` knows of a point, station, vehicle, stop, community, building, device, dwelling or scenario.

    A device brings its points' readings, a dwelling those of its devices. Ages are counted to the cut's instant, or to
    `asked_at` when that is earlier (a cut of everything so far has no instant). UsageError for an unknown entity.
    """
    moment = min(cut.at, asked_at)
    devices = _devices(cut, entity)
    points = devices["point_id"].drop_nulls().to_list()
    found = [*_registered(cut, entity, devices, moment), *_observed(cut, {entity, *points}, moment)]
    if not found:
        _check_nameless(cut, entity, moment)
        raise UsageError(
            f"{entity!r} is not known as of {moment:%Y-%m-%dT%H:%M:%SZ} at position {cut.known}; give the id of a "
            "point, station, vehicle, community, building, device or dwelling (`twin cut` lists them)"
        )
    return found


def _check_nameless(cut: Cut, entity: str, moment: datetime) -> None:
    """UsageError when the entity is a point of a building where readings have lost their names."""
    of_point = cut.devices().filter(pl.col("point_id") == entity)["building_id"]
    gone = cut.nameless(of_point[0]) if len(of_point) else []
    if gone:
        told = "; ".join(f"{label} at {at:%Y-%m-%dT%H:%M:%SZ}" for label, at in gone)
        raise UsageError(
            f"{entity!r} has no reading as of {moment:%Y-%m-%dT%H:%M:%SZ} that is its present household's. Households "
            f"of building {of_point[0]} were erased or moved out ({told}): what was read of them bears no name and "
            "counts in totals alone"
        )


def _devices(cut: Cut, entity: str) -> pl.DataFrame:
    """Devices that are the entity, or stand in the dwelling that it is."""
    return frame_of(cut, "devices").filter((pl.col("device_id") == entity) | (pl.col("dwelling_id") == entity))


def _registered(cut: Cut, entity: str, devices: pl.DataFrame, moment: datetime) -> Iterator[Fact]:
    yield from _facts("devices", devices, moment)
    for name in REGISTERED:
        if name != "devices":
            frame = frame_of(cut, name)
            own = [pl.col(c) == entity for c in (identity(name)[0], "community_id") if c in frame.columns]
            yield from _facts(name, frame.filter(pl.any_horizontal(own)), moment)


def _observed(cut: Cut, entities: set[str], moment: datetime) -> Iterator[Fact]:
    for name, family in FAMILIES.items():
        keys = [c for c in family.entity if c.endswith("_id")]
        of_entity = pl.any_horizontal(pl.col(c).is_in(sorted(entities)) for c in keys)
        yield from _facts(name, cut.frame(name).filter(of_entity), moment)


def _facts(name: str, rows: pl.DataFrame, moment: datetime) -> Iterator[Fact]:
    key = identity(name)
    for row in rows.iter_rows(named=True):
        entity = " ".join(str(row[c]) for c in key if row[c] is not None and c != "unit")
        quality = Quality(row["quality"]).name.lower() if row.get("quality") is not None else None
        age_s = (moment - row["time"]).total_seconds()
        for column, value in row.items():
            if column not in (*key, *_ORDER) and value is not None:
                unit = row["unit"] if column == "value" else unit_of(name, column)
                yield Fact(name, entity, column, value, unit, row["time"], age_s, quality, row["position"])
