"""A branch: a cut plus interventions. It reads the city and never writes to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import polars as pl

from events.errors import DomainError
from replay.interventions import Battery, Intervention, RooftopPv
from twin.place import CityFile


class CutView(Protocol):
    """The part of `replay.cut.Cut` that a branch needs."""

    @property
    def at(self) -> datetime:
        """As of this instant, UTC."""

    @property
    def known(self) -> int:
        """As known at this log position."""

    def communities(self) -> pl.DataFrame:
        """Communities as then known (columns: `twin.projections.register`)."""

    def devices(self) -> pl.DataFrame:
        """Devices as then bound, one row a point (columns: `twin.projections.register`)."""


class CityView(Protocol):
    """The part of `replay.city.City` that scenarios need."""

    @property
    def file(self) -> CityFile:
        """The city file."""

    def span(self) -> tuple[datetime, datetime] | None:
        """First and last event time, None before the first observation."""

    def cut(self, at: datetime | None = None, known: int | None = None) -> CutView:
        """The city as of `at`, as known at `known`."""

    def series(
        self, family: str, entities: Sequence[str], start: datetime, end: datetime, known: int | None = None
    ) -> pl.DataFrame:
        """Rows of some entities with `start` <= time <= `end`, sorted by identity and time."""

    def names(self, family: str) -> pl.DataFrame:
        """The identity columns of every entity of a family, and `entity`."""

    def register_events(self, known: int | None = None) -> pl.DataFrame:
        """Exchanges and roll-overs of registers, as known (columns: `replay.city.City.register_events`)."""


@dataclass(frozen=True)
class Branch:
    """The city at a cut, with interventions in one community."""

    cut: CutView
    community_id: str
    interventions: tuple[Intervention, ...] = ()

    @property
    def arrays(self) -> tuple[RooftopPv, ...]:
        """Arrays that the branch adds."""
        return tuple(i for i in self.interventions if isinstance(i, RooftopPv))

    @property
    def battery(self) -> Battery | None:
        """The battery that the branch adds, None when it adds none."""
        return next((i for i in self.interventions if isinstance(i, Battery)), None)

    def community(self) -> dict[str, Any]:
        """The community's facts as of the cut; DomainError when it was not registered then."""
        found = self.cut.communities().filter(pl.col("community_id") == self.community_id)
        if not found.height:
            raise DomainError(
                f"no community {self.community_id!r} as of {self.cut.at.isoformat()}, known at {self.cut.known}; "
                "check its id (`twin status`) or choose a later base.at"
            )
        return found.row(0, named=True)

    def devices(self) -> pl.DataFrame:
        """The cut's devices and the ones that the interventions add (ids `branch:1`, `branch:2`, …; no points)."""
        real = self.cut.devices()
        added = [
            {"device_id": f"branch:{n}", "community_id": self.community_id, "kind": _kind(i)}
            for n, i in enumerate(self.interventions, 1)
        ]
        return (
            pl.concat([real, pl.DataFrame(added, schema_overrides=dict(real.schema))], how="diagonal")
            if added
            else real
        )


def branch(cut: CutView, interventions: Sequence[Intervention], community_id: str) -> Branch:
    """The cut with interventions in a community; an empty branch is the cut itself."""
    return Branch(cut, community_id, tuple(interventions))


def _kind(intervention: Intervention) -> str:
    return "pv" if isinstance(intervention, RooftopPv) else "battery"
