"""`register`: communities, buildings, devices and scenarios, by both clocks.

The state keeps every told fact with its event time and log position, so any cut is a filter: facts of `time <= at` and
`position <= known`, of each thing the one latest by (time, position). Folding in pieces gives the same frames.

communities  community_id, name, name_en, district, address, longitude, latitude (degrees, WGS84), households,
             residents, floors, status, source, time, position
buildings    building_id, community_id, name, sha256 (key of the archive), schema, crs, storeys, dwellings, devices,
             elements (counts), coverage (JSON), time, position
checks       the last check of each building: building_id, sha256 (of the model checked), schema, ids_file, ids_sha256,
             specification, requirement, applicable, passed, failed (elements), failing (GlobalIds of the first), time,
             position; one row a requirement. The rule of three meters is the last one (`METERS`), counting meters
devices      one row a point (a device without points has one row, point_id null): device_id, building_id, community_id,
             kind, serial, dwelling_id (null: the building as a whole), storey_id, point_id, medium, unit, bound_at,
             time, position. A register whose household is gone or erased is a row of its own, without serial or place:
             its label (`former:5`) stands for device, dwelling and point; it counts at every cut as it did before
scenarios    scenario_id, title, community_id, base_at, base_known, window_start, window_end, interventions (JSON),
             seed, parameter_set, digest, kpis (JSON) and run_at of the last run (null: never run), time, position
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

import msgspec
import polars as pl

from events.ids import Position
from events.log import LogEvent
from events.observations import TIME
from twin.aggregates.access import DwellingViewed
from twin.aggregates.building import BuildingModelPublished, BuildingModelRevised
from twin.aggregates.community import CommunityChanged, CommunityRegistered
from twin.aggregates.compliance import BuildingModelChecked, CheckFacts, Requirement
from twin.aggregates.devices import DevicesBound, DevicesRetired, DevicesRevised, rows
from twin.aggregates.household import HouseholdErased, TenancyEnded
from twin.aggregates.meter import RegisterExchanged, RegisterRolledOver
from twin.aggregates.scenario import ScenarioDefined, ScenarioRun
from twin.codec import DomainEvent, decode
from twin.points import REGISTERS
from twin.projections.former import FORMER, former_facts, with_former

_TEXT, _COUNT, _DEGREES = pl.String(), pl.Int64(), pl.Float64()
_ORDER: dict[str, pl.DataType] = {"time": TIME, "position": _COUNT}

COMMUNITIES: dict[str, pl.DataType] = {
    **dict.fromkeys(("community_id", "name", "name_en", "district", "address"), _TEXT),
    **dict.fromkeys(("longitude", "latitude"), _DEGREES),
    **dict.fromkeys(("households", "residents"), _COUNT),
    **dict.fromkeys(("floors", "status", "source"), _TEXT),
    **_ORDER,
}
BUILDINGS: dict[str, pl.DataType] = {
    **dict.fromkeys(("building_id", "community_id", "name", "sha256", "schema", "crs"), _TEXT),
    **dict.fromkeys(("storeys", "dwellings", "devices", "elements"), _COUNT),
    "coverage": _TEXT,
    **_ORDER,
}
CHECKS: dict[str, pl.DataType] = {
    **dict.fromkeys(
        ("building_id", "sha256", "schema", "ids_file", "ids_sha256", "specification", "requirement"), _TEXT
    ),
    **dict.fromkeys(("applicable", "passed", "failed"), _COUNT),
    "failing": pl.List(pl.String()),
    **_ORDER,
}
METERS = "三表 Three meters"
"""The specification that IDS cannot say: one electricity, water and gas meter a dwelling and for the building."""

_BOUND: dict[str, pl.DataType] = {
    **dict.fromkeys(("device_id", "building_id", "community_id", "kind", "serial", "dwelling_id", "storey_id"), _TEXT),
    "point_ids": pl.List(pl.String()),
    "retired": pl.Boolean(),
    **_ORDER,
}
DEVICES = (
    *(c for c in _BOUND if c not in ("point_ids", "retired", *_ORDER)),
    *("point_id", "medium", "unit", "bound_at", "time", "position"),
)
SCENARIOS: dict[str, pl.DataType] = {
    **dict.fromkeys(("scenario_id", "title", "community_id"), _TEXT),
    "base_at": TIME,
    "base_known": _COUNT,
    **dict.fromkeys(("window_start", "window_end"), TIME),
    "interventions": _TEXT,
    "seed": _COUNT,
    "parameter_set": _TEXT,
    **_ORDER,
}
_RUNS: dict[str, pl.DataType] = {"scenario_id": _TEXT, "digest": _TEXT, "kpis": _TEXT, **_ORDER}

METERS_CHANGED: dict[str, pl.DataType] = {
    "entity": pl.UInt32(),
    **dict.fromkeys(("final", "initial", "modulus"), pl.Float64()),
    **_ORDER,
}
"""What happened to registers, by their entity among readings: exchanged (`final`, `initial`) or rolled over
(`modulus`), in the register's unit; the others null."""

LOOKS: dict[str, pl.DataType] = {**dict.fromkeys(("building_id", "dwelling_id", "operator"), _TEXT), **_ORDER}
"""Who looked at a single dwelling, one row a look."""

_SCHEMAS = {
    "communities": COMMUNITIES,
    "buildings": BUILDINGS,
    "checks": CHECKS,
    "bound": _BOUND,
    "scenarios": SCENARIOS,
    "runs": _RUNS,
    "former": FORMER,
    "meters": METERS_CHANGED,
    "looks": LOOKS,
}


@dataclass(frozen=True)
class Frames:
    """The register at one cut."""

    communities: pl.DataFrame
    buildings: pl.DataFrame
    devices: pl.DataFrame
    scenarios: pl.DataFrame
    checks: pl.DataFrame


@dataclass(frozen=True)
class Register:
    """Every fact told so far, by kind, and the position folded up to."""

    told: dict[str, pl.DataFrame]
    position: Position

    @classmethod
    def empty(cls) -> Self:
        """Before the first event."""
        return cls({kind: pl.DataFrame(schema=schema) for kind, schema in _SCHEMAS.items()}, Position(0))

    def fold(self, events: Iterable[LogEvent]) -> Register:
        """With further log events, in order; tags that are no domain event only move the position."""
        fresh: dict[str, list[dict[str, Any]]] = {kind: [] for kind in _SCHEMAS}
        position = self.position
        for stored in events:
            position = stored.position
            event = decode(stored.tag, stored.state)
            if event is not None:
                kind, facts = _facts(event)
                fresh[kind] += [fact | {"time": event.time, "position": position} for fact in facts]
        told = {k: _with(frame, fresh[k], _SCHEMAS[k]) for k, frame in self.told.items()}
        return replace(self, told=told, position=position)

    def at(self, at: datetime | None = None, known: int | None = None) -> Frames:
        """The register as of `at` (None: the latest), as known at `known` (None: all that was folded)."""
        cut = {kind: _cut(frame, at, known) for kind, frame in self.told.items()}
        return Frames(
            _latest(cut["communities"], "community_id"),
            _latest(cut["buildings"], "building_id"),
            with_former(_devices(cut["bound"]), self.told["former"], at, known),
            _scenarios(cut["scenarios"], cut["runs"]),
            _last_checks(cut["checks"]),
        )

    def revisions(self, building_id: str, at: datetime | None = None, known: int | None = None) -> pl.DataFrame:
        """The building's models until `at`, oldest first: rows of `buildings`, the last told of each instant."""
        told = _cut(self.told["buildings"].filter(building_id=building_id), at, known)
        return _latest(told, "time").sort("time")

    def meters_changed(self, at: datetime | None = None, known: int | None = None) -> pl.DataFrame:
        """Exchanges and roll-overs of registers (METERS_CHANGED), by entity and time, the last told of each instant."""
        return _latest(_cut(self.told["meters"], at, known), "entity", "time")

    def looks(self, at: datetime | None = None, known: int | None = None) -> pl.DataFrame:
        """Looks at single dwellings (LOOKS), in order."""
        return _cut(self.told["looks"], at, known).sort("time", "position")


def register(events: Iterable[LogEvent], at: datetime | None = None, known: int | None = None) -> Frames:
    """The register of a whole log at one cut."""
    return Register.empty().fold(events).at(at, known)


def _facts(event: DomainEvent) -> tuple[str, list[dict[str, Any]]]:
    match event:
        case CommunityRegistered() | CommunityChanged():
            return "communities", [_fields(event)]
        case BuildingModelPublished() | BuildingModelRevised():
            return "buildings", [_fields(event) | {"coverage": _json(event.coverage)}]
        case BuildingModelChecked():
            return "checks", [
                _fields(event) | msgspec.structs.asdict(each) for each in (*event.requirements, _meters(event))
            ]
        case DevicesBound() | DevicesRevised():
            place = {"building_id": event.building_id, "community_id": event.community_id, "retired": False}
            return "bound", [
                msgspec.structs.asdict(d) | place | {"point_ids": list(d.point_ids) or None} for d in rows(event)
            ]
        case DevicesRetired():
            gone = {"building_id": event.building_id, "retired": True}
            return "bound", [{"device_id": d} | gone for d in event.device_id]
        case DwellingViewed():
            return "looks", [_fields(event)]
        case TenancyEnded() | HouseholdErased():
            return "former", former_facts(event)
        case RegisterExchanged() | RegisterRolledOver():
            return "meters", [_fields(event)]
        case ScenarioDefined():
            return "scenarios", [_fields(event) | {"interventions": _json(event.interventions)}]
        case ScenarioRun():
            return "runs", [_fields(event) | {"kpis": _json(event.kpis)}]


def _meters(check: CheckFacts) -> Requirement:
    """The rule of three meters, as a requirement like the others."""
    kept = check.meters_wanted - check.meters_amiss
    return Requirement(METERS, "", check.meters_wanted, kept, check.meters_amiss)


def _fields(event: DomainEvent) -> dict[str, Any]:
    return msgspec.structs.asdict(event)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _with(frame: pl.DataFrame, facts: Sequence[dict[str, Any]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    if not facts:
        return frame
    columns = {name: [fact.get(name) for fact in facts] for name in schema}
    return pl.concat([frame, pl.DataFrame(columns, schema=schema)])


def _cut(frame: pl.DataFrame, at: datetime | None, known: int | None) -> pl.DataFrame:
    if at is not None:
        frame = frame.filter(pl.col("time") <= at)
    return frame if known is None else frame.filter(pl.col("position") <= known)


def _latest(frame: pl.DataFrame, *key: str) -> pl.DataFrame:
    return frame.sort(*dict.fromkeys((*key, "time", "position"))).unique(key, keep="last", maintain_order=True)


def _last_checks(checks: pl.DataFrame) -> pl.DataFrame:
    """The rows of each building's last check, in the order of its requirements."""
    last = _latest(checks, "building_id").select("building_id", "time", "position")
    return checks.join(last, on=["building_id", "time", "position"], how="semi", maintain_order="left").sort(
        "building_id", maintain_order=True
    )


def _devices(bound: pl.DataFrame) -> pl.DataFrame:
    key = ("building_id", "device_id")
    gone = bound.filter("retired").select(key).unique()
    live = bound.filter(~pl.col("retired")).join(gone, on=key, how="anti", maintain_order="left")
    since = live.group_by(key, maintain_order=True).agg(pl.col("time").min().alias("bound_at"))
    points = _latest(live, *key).join(since, on=key, how="left", maintain_order="left").explode("point_ids")
    return points.rename({"point_ids": "point_id"}).with_columns(_medium("medium"), _medium("unit")).select(DEVICES)


def _medium(attribute: str) -> pl.Expr:
    """What the point's register counts (`medium` or `unit`), null where there is no point."""
    by_kind = {kind: getattr(r, attribute) for kind, r in REGISTERS.items()}
    counted = pl.col("kind").replace_strict(by_kind, default=None, return_dtype=pl.String)
    return pl.when(pl.col("point_id").is_not_null()).then(counted).alias(attribute)


def _scenarios(defined: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    last = _latest(runs, "scenario_id").rename({"time": "run_at"}).drop("position")
    order = [c for c in SCENARIOS if c not in _ORDER]
    questions = _latest(defined, "scenario_id").join(last, on="scenario_id", how="left", maintain_order="left")
    return questions.select(*order, "digest", "kpis", "run_at", *_ORDER)
