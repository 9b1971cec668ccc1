"""The pages' reads of the city: one reader a server, one consistent snapshot an instant, kept for the next rerun."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

import polars as pl

from bim import archive, changes, revision
from bim.model import BuildingModel
from events.clock import now
from events.quarantine import Quarantined, quarantined
from replay.city import City
from replay.cut import Cut
from replay.density import dense_span, density
from replay.diff import diff
from replay.evidence import Evidence, evidence
from replay.incidents import next_incident
from replay.result import Result
from replay.run import keep, run
from replay.scenario import scenario_of
from replay.sources import SourceState, sources
from replay.why import Chain, why
from twin.service import Service
from views import usage
from views.snapshot import LIVE_STATION, Snapshot, snapshot

T = TypeVar("T")

KEPT = 48
"""Answers kept for the next rerun."""

DISTRICTS = Path(__file__).parent / "assets" / "districts.geojson"


@dataclass(frozen=True)
class Against:
    """What an instant is compared with: itself `earlier`, or as it was `known` at a log position."""

    earlier: timedelta | None = None
    known: int | None = None


class Reader:
    """The city behind the pages of all sessions: one at a time reads, and equal questions are answered once."""

    def __init__(self, directory: Path) -> None:
        self.city = City.open(directory)
        self._lock = RLock()
        self._models: dict[str, BuildingModel] = {}
        self._answers: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    @property
    def head(self) -> int:
        """Log position that was read last."""
        return self.city.head

    @property
    def synthetic(self) -> bool:
        """Whether the city holds synthetic data."""
        return self.city.file.synthetic

    def refresh(self) -> int:
        """Take what the log has gained; the new head."""
        with self._lock:
            return self.city.refresh()

    def span(self) -> tuple[datetime, datetime] | None:
        """The stretch of a time bar (`replay.density.dense_span`), None before the first observation."""
        return self._once(("span",), lambda: dense_span(self.city))

    def snapshot(self, at: datetime | None, known: int | None) -> Snapshot | None:
        """The city page's cut; None while the city holds nothing at all."""
        return self._once(("snapshot", at, known), lambda: snapshot(self.city, at, known))

    def use(self, at: datetime, known: int | None) -> pl.DataFrame:
        """`views.usage.meter_use` of the last 24 hours."""
        return self._once(("use", at, known), lambda: usage.meter_use(self.city, at, known))

    def register(self, at: datetime | None, known: int | None) -> tuple[pl.DataFrame, pl.DataFrame]:
        """(communities, buildings) as then known."""
        return self._once(("register", at, known), lambda: _register(self.city, at, known))

    def devices(self, building_id: str, at: datetime | None, known: int | None) -> pl.DataFrame:
        """Devices of a building as then bound, one row a point."""
        return self._once(
            ("devices", building_id, at, known),
            lambda: self.city.cut(at, known).devices().filter(pl.col("building_id") == building_id),
        )

    def revisions(self, building_id: str, at: datetime | None, known: int | None) -> pl.DataFrame:
        """Models of a building up to the instant, oldest first."""
        key = ("revisions", building_id, at, known)
        return self._once(key, lambda: self.city.cut(at, known).revisions(building_id))

    def checks(self, building_id: str, at: datetime | None, known: int | None) -> pl.DataFrame:
        """The last check of the building's model as of the instant, one row a requirement."""
        key = ("checks", building_id, at, known)
        return self._once(key, lambda: self.city.cut(at, known).checks().filter(building_id=building_id))

    def changes(self, before: str, after: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """What differs between two models by digest: `bim.changes.table` and `bim.changes.shapes`."""
        return self._once(("changes", before, after), lambda: _changes(self.model(before), self.model(after)))

    def next_incident(
        self, after: datetime, known: int | None, seen: tuple[str, str] | None = None
    ) -> dict[str, Any] | None:
        """The first incident after an instant, as known, behind the one `seen` there (`replay.incidents`)."""
        key = ("incident", after, known, seen)
        return self._once(key, lambda: next_incident(self.city, after, known, seen=seen))

    def stations(self, at: datetime | None, known: int | None) -> pl.DataFrame:
        """Facts of bike stations as then known (family `stations`)."""
        return self._once(("stations", at, known), lambda: self.city.cut(at, known).frame("stations"))

    def points(self, at: datetime | None, known: int | None) -> pl.DataFrame:
        """Every point of a device as then bound (`twin.projections.register`)."""
        return self._once(("points", at, known), lambda: self.city.cut(at, known).devices().drop_nulls("point_id"))

    def station_difference(self, at: datetime | None, known: int | None, against: Against) -> pl.DataFrame:
        """Bikes available at every station of either instant, beside `against`.

        Columns: station_id, kind (more, fewer, same, unknown: no data at one of the instants), reason, before, after,
        difference, relative (null where undefined: from 0, or unknown), position (of the later row), name, name_en,
        longitude, latitude. Sorted by station_id.
        """
        key = ("difference", at, known, against)
        return self._once(key, lambda: _station_difference(self.city, at, known, against))

    def evidence(
        self, frame: str, at: datetime | None, known: int | None, entities: Sequence[str] | None = None
    ) -> Evidence:
        """What a number over a frame rests on (`replay.evidence`), over all its entities or some."""
        some = None if entities is None else tuple(entities)
        return self._once(
            ("evidence", frame, at, known, some), lambda: evidence(self.city.cut(at, known), frame, entities)
        )

    def why(self, entity: str, quantity: str, at: datetime | None, known: int | None) -> Chain:
        """The chain behind one value (`replay.why`); UsageError where the cut has none."""
        return self._once(("why", entity, quantity, at, known), lambda: why(self.city, entity, quantity, at, known))

    def sources(self, moment: datetime) -> list[SourceState]:
        """How each source does (`replay.sources`)."""
        return self._once(("sources", moment), lambda: sources(self.city, moment))

    def quarantine(self) -> list[Quarantined]:
        """Everything in quarantine, the latest first."""
        return self._once(("quarantine",), lambda: list(quarantined(self.city.log))[::-1])

    def density(self, family: str, first: datetime, last: datetime, bins: int) -> pl.DataFrame:
        """Observations of a family by bin of time (`replay.density.DENSITY`)."""
        key = ("density", family, first, last, bins)
        return self._once(key, lambda: density(self.city, family, first, last, bins))

    def model(self, sha256: str) -> BuildingModel:
        """The model that the archive keeps under this digest; ArchiveError when it is not there."""
        with self._lock:
            if sha256 not in self._models:
                self._models[sha256] = archive.read(self.city.place.archive, sha256)
            return self._models[sha256]

    def register_use(
        self, register: tuple[str, str], stretch: tuple[datetime, datetime], known: int | None, every: timedelta
    ) -> pl.DataFrame:
        """`views.usage.register_use` of one register."""
        key = ("register_use", register, stretch, known, every)
        return self._once(key, lambda: usage.register_use(self.city, register, stretch, known, every))

    def what_if(self, tables: dict[str, Any]) -> Result:
        """Run a scenario given as the tables of its file (`replay.scenario`)."""
        with self._lock:
            return run(scenario_of(tables, "what-if"), self.city)

    def viewed(self, building_id: str, dwelling_id: str, operator: str) -> None:
        """Tell the log that an operator looks at a dwelling (once in a while, not at every drawing)."""
        with self._lock, self.city.place.log() as log:
            Service(log, self.city.place.archive, now).view_dwelling(building_id, dwelling_id, operator)

    def looks(self, building_id: str) -> pl.DataFrame:
        """Who looked at the building's dwellings, the latest first."""
        with self._lock:
            found = self.city.cut().looks().filter(building_id=building_id)
        return found.sort("time", "position", descending=True)

    def keep(self, result: Result) -> None:
        """Keep a scenario and its run in the log."""
        with self._lock, self.city.place.log() as log:
            keep(result, Service(log, self.city.place.archive, now))

    def _once(self, key: tuple[Any, ...], answer: Callable[[], T]) -> T:
        with self._lock:
            full = (*key, self.city.mark)
            if full not in self._answers:
                self._answers[full] = answer()
                while len(self._answers) > KEPT:
                    self._answers.popitem(last=False)
            self._answers.move_to_end(full)
            found: T = self._answers[full]
            return found


@cache
def districts() -> dict[str, Any]:
    """The twelve districts as GeoJSON: COUNTYCODE, TOWNCODE, name, name_en; degrees, WGS84."""
    read: dict[str, Any] = json.loads(DISTRICTS.read_text("utf-8"))
    return read


def _bikes(cut: Cut, at: datetime, name: str) -> pl.DataFrame:
    """Bikes at each station: station_id, `name` (null where the last report is older than LIVE_STATION), position."""
    heard = pl.when(pl.col("time") >= at - LIVE_STATION).then(pl.col("num_vehicles_available"))
    return cut.frame("docks").select("station_id", heard.alias(name), "position")


def _station_difference(city: City, at: datetime | None, known: int | None, against: Against) -> pl.DataFrame:
    span = city.span()
    moment = at or (span[1] if span else now())
    then = moment - against.earlier if against.earlier else moment
    before, after = city.cut(then, known if against.known is None else against.known), city.cut(moment, known)
    sides = [_bikes(cut, moment, name) for cut, moment, name in ((before, then, "before"), (after, moment, "after"))]
    both = sides[0].drop("position").join(sides[1], on="station_id", how="full", coalesce=True)
    change = (pl.col("after") - pl.col("before")).alias("difference")
    kind = (
        pl.when(pl.col("difference").is_null()).then(pl.lit("unknown"))
        .when(pl.col("difference") > 0).then(pl.lit("more"))
        .when(pl.col("difference") < 0).then(pl.lit("fewer"))
        .otherwise(pl.lit("same"))
    )  # fmt: skip
    relative = pl.when(pl.col("before") > 0).then(pl.col("difference") / pl.col("before"))
    reasons = diff(before, after, "docks").select("station_id", "reason")
    told = (
        both.with_columns(change)
        .join(reasons, on="station_id", how="left")
        .select("station_id", "reason", "before", "after", "difference", "position", kind=kind, relative=relative)
        .sort("station_id")
    )
    names = after.frame("stations").select("station_id", "name", "name_en", "longitude", "latitude")
    return told.join(names, on="station_id", how="left", maintain_order="left")


def _changes(before: BuildingModel, after: BuildingModel) -> tuple[pl.DataFrame, pl.DataFrame]:
    found = revision.diff(before, after)
    return changes.table(before, after, found), changes.shapes(before, after, found)


def _register(city: City, at: datetime | None, known: int | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    cut = city.cut(at, known)
    return _placed(city, cut), cut.buildings()


def _placed(city: City, cut: Cut) -> pl.DataFrame:
    """Communities as then known; of those that were not known yet but have a building, their name and place alone."""
    there, built = cut.communities(), cut.buildings()["community_id"].unique()
    later = city.cut(None, cut.known).communities().filter(pl.col("community_id").is_in(built.implode()))
    unknown = [pl.lit(None, there.schema[c]).alias(c) for c in ("households", "residents", "floors", "status")]
    return pl.concat([there, later.with_columns(unknown).join(there, "community_id", how="anti")])
