"""A cut: everything as of T, as known at K."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from events.clock import micros
from events.log import Log
from events.observations import FAMILIES, Family
from events.observations import family as family_named
from replay.clocks import known_at
from twin.latest import in_order, landed_schema, latest, newest
from twin.place import Place
from twin.projections.register import Frames
from twin.projector import Projector

if TYPE_CHECKING:
    from bim.model import BuildingModel

LEADING = {
    "readings": ["point_id", "time", "value", "unit", "quality"],
    "states": ["point_id", "time", "text"],
    "docks": ["station_id", "time", "num_vehicles_available", "num_docks_available", "capacity"],
    "stations": ["station_id", "time", "name", "name_en", "district", "longitude", "latitude", "capacity"],
    "positions": ["vehicle_id", "route_id", "time", "longitude", "latitude", "bearing", "speed"],
    "arrivals": ["route_id", "stop_id", "direction", "time", "estimate_s", "delay_s", "state"],
}
"""First columns of a family's frame; `position` follows, then whatever else the family has. A contract."""


@dataclass(frozen=True)
class Cut:
    """The city at one instant of both clocks. Frames are read on demand: ask before the next `City.refresh`."""

    _projector: Projector = field(repr=False)
    place: Place
    at: datetime
    known: int
    live: bool
    """Whether this cut is everything so far: then the live state answers."""
    _log: Log | None = field(default=None, repr=False)
    _known_at: datetime | None = field(default=None, repr=False)

    def frame(self, family: str) -> pl.DataFrame:
        """Latest row of every entity of a family: LEADING columns, position, the rest; sorted by identity."""
        kind = family_named(family)
        rows = self._projector.live[kind.name] if self.live else self._latest(kind)
        return self._named(family, rows, self._projector.entities[family].names())

    def entities(self, family: str, names: Sequence[str]) -> pl.DataFrame:
        """As `frame`, of the entities whose first identity column is among `names`: reads their rows alone."""
        known = self._projector.entities[family].names()
        called = known.filter(pl.col(next(iter(family_named(family).entity))).is_in(list(names)))
        codes = called["entity"]
        if self.live:
            rows = self._projector.live[family].filter(pl.col("entity").is_in(codes.implode()))
        else:
            rows = self._latest(family_named(family), codes.to_list())
        return self._named(family, rows, called)

    @cached_property
    def known_at(self) -> datetime | None:
        """The record time that was asked for, else that of the event at `known` (UTC); None before the first event."""
        return self._known_at or (known_at(self._log, self.known) if self._log else None)

    def communities(self) -> pl.DataFrame:
        """Communities as then known (columns: `twin.projections.register`)."""
        return self._register.communities

    def buildings(self) -> pl.DataFrame:
        """Buildings with the model that was current then."""
        return self._register.buildings

    def devices(self) -> pl.DataFrame:
        """Devices as then bound, one row a point."""
        return self._register.devices

    def checks(self) -> pl.DataFrame:
        """The last check of each building's model as then known, one row a requirement."""
        return self._register.checks

    def looks(self) -> pl.DataFrame:
        """Who looked at single dwellings up to this instant (`twin.projections.register.LOOKS`)."""
        return self._projector.register.looks(self.at, self.known)

    def scenarios(self) -> pl.DataFrame:
        """Scenarios as then defined, with their last run."""
        return self._register.scenarios

    def model(self, building_id: str) -> BuildingModel:
        """The building's model as then published; LookupError when there was none."""
        found = self.buildings().filter(pl.col("building_id") == building_id)
        if not found.height:
            raise LookupError(f"building {building_id!r} had no model as of {self.at:%Y-%m-%dT%H:%M:%SZ}")
        from bim import archive  # the loader's packages are not needed for any other question

        return archive.read(self.place.archive, found["sha256"][0])

    def revisions(self, building_id: str) -> pl.DataFrame:
        """The building's models up to this instant, oldest first; columns of `buildings`."""
        return self._projector.register.revisions(building_id, self.at, self.known)

    def device_ids(self, building_id: str) -> pl.DataFrame:
        """(global_id, device_id): devices of the building's current model, and the ids that `devices` knows them by.

        LookupError when there was no model then.
        """
        digests = self.revisions(building_id)["sha256"].to_list()
        if not digests:
            raise LookupError(f"building {building_id!r} had no model as of {self.at:%Y-%m-%dT%H:%M:%SZ}")
        from twin.succession import register_ids  # reads models, which no other question needs

        return register_ids(self.place.archive, digests, self.devices().filter(building_id=building_id))

    def nameless(self, building_id: str) -> list[tuple[str, datetime]]:
        """When (record order) registers of the building lost their names: label of the state, and event time."""
        told = self._projector.register.told["former"].filter(building_id=building_id)
        states = told.with_columns(pl.col("label").str.split(":").list.first())
        return [(str(label), time) for label, time in states.select("label", "time").unique().sort("time").rows()]

    def families(self) -> dict[str, pl.DataFrame]:
        """Every family's frame."""
        return {name: self.frame(name) for name in FAMILIES}

    @cached_property
    def _register(self) -> Frames:
        return self._projector.register.at(self.at, self.known)

    def _named(self, family: str, rows: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
        kind = family_named(family)
        named = rows.join(names, on="entity", how="left")
        rest = [c for c in kind.values if c not in LEADING[family]]
        return named.select(*LEADING[family], "position", *rest).sort(*kind.entity)

    def _latest(self, family: Family, entities: list[int] | None = None) -> pl.DataFrame:
        at = micros(self.at)
        inside = pl.col("time") <= self.at
        if entities is not None:
            inside &= pl.col("entity").is_in(pl.Series(entities, dtype=pl.UInt32).implode())
        pending = [f for f in self._projector.pending[family.name] if f["position"][0] <= self.known]
        recent = [f.filter(inside) for f in pending]
        lake = self._projector.asked(lambda lake: lake.before(family, at, self.known, entities))
        empty = pl.DataFrame(schema=landed_schema(family))
        return latest(in_order([empty, *lake, newest([empty, *recent])]))
