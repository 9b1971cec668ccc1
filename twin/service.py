"""The one door for commands: gathers what a command needs, lets the aggregates decide, appends what they tell."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import polars as pl

from events.errors import DomainError
from events.ids import Position
from events.log import Log
from twin.aggregates import access, building, community, compliance, devices, meter, scenario
from twin.aggregates.access import ACCESS, ViewDwelling
from twin.aggregates.building import BUILDING, PublishModel
from twin.aggregates.community import COMMUNITY, CommunityFacts, RegisterCommunity
from twin.aggregates.compliance import COMPLIANCE, KeepCheck
from twin.aggregates.devices import DEVICES, AdoptDevices, BindDevices, Device, RetireDevices
from twin.aggregates.meter import METER, RecordExchange, RecordRollOver
from twin.aggregates.scenario import SCENARIO, CompleteRun, DefineScenario, ScenarioDefined, ScenarioRun
from twin.checks import check_facts
from twin.codec import tags
from twin.models import model_facts
from twin.points import devices_of
from twin.projections.register import Register
from twin.repository import Step, execute, load
from twin.sites import community_facts
from twin.succession import known_ids, under_known_ids

if TYPE_CHECKING:  # the loader's libraries are slow to import, and only its values are used
    from bim.check.checking import Checked
    from bim.model import BuildingModel


class Service:
    """Commands of one city. Every command may be given again: what it told already, it does not tell twice.

    `now` gives the instant of recording; `time` arguments say when a fact holds from (None: from now).
    """

    def __init__(self, log: Log, archive_dir: Path, now: Callable[[], datetime]) -> None:
        self.archive_dir = archive_dir
        self._log = log
        self._now = now
        self._register = Register.empty()

    def register(self) -> Register:
        """The register as of the log's head."""
        self._register = self._register.fold(self._log.read(self._register.position, tags=tags()))
        return self._register

    def register_communities(
        self,
        rows: Iterable[CommunityFacts | Mapping[str, Any]],
        *,
        time: datetime | None = None,
        since: Mapping[str, datetime] = MappingProxyType({}),
        source: str = "unnamed list",
    ) -> list[Position]:
        """Take the city's list of sites: all rows in one transaction (columns of a mapping: see `twin.sites`).

        They hold from `time`, the date of the list (now), or from a date of their own (`since`, by community id).
        """
        recorded = self._now()
        facts = [row if isinstance(row, CommunityFacts) else community_facts(row, source) for row in rows]
        dated = [(f, since.get(f.community_id, time or recorded)) for f in facts]
        commands = [RegisterCommunity(f, holds, recorded) for f, holds in dated]
        return execute(self._log, [Step(community.stream(c.facts.community_id), COMMUNITY, c) for c in commands])

    def publish_model(
        self,
        model: BuildingModel,
        community_id: str,
        building_id: str,
        time: datetime | None = None,
        *,
        name: str | None = None,
    ) -> list[Position]:
        """Publish a model of a building of a registered community, with its devices, in one transaction.

        DomainError when the community is unknown or a meter's point belongs to another building.
        """
        recorded = self._now()
        facts = model_facts(model, community_id, building_id, name)
        shown = devices_of(model.devices.sort("device_id").iter_rows(named=True))
        known = known_ids(self.archive_dir, self._models_until(building_id, time or recorded), model)
        shown = under_known_ids(shown, known)
        self._check_community(community_id)
        self._check_points(building_id, shown)
        published = PublishModel(facts, time or recorded, recorded)
        adopted = AdoptDevices(building_id, community_id, shown, time or recorded, recorded)
        return execute(
            self._log,
            [
                Step(building.stream(building_id), BUILDING, published),
                Step(devices.stream(building_id), DEVICES, adopted),
            ],
        )

    def keep_check(self, building_id: str, checked: Checked, time: datetime | None = None) -> list[Position]:
        """Keep what a check of a model of this building found. DomainError when it is no model of the building."""
        recorded = self._now()
        told, _ = load(self._log, building.stream(building_id), BUILDING)
        facts = next((each for each in told.facts if each.sha256 == checked.sha256), None)
        if facts is None:
            raise DomainError(
                f"building {building_id!r} has no model {checked.sha256[:12]}…; publish it first "
                "(`twin bim load FILE --community ID --building ID`)"
            )
        command = KeepCheck(check_facts(building_id, facts.schema, checked), time or recorded, recorded)
        return execute(self._log, [Step(compliance.stream(building_id), COMPLIANCE, command)])

    def view_dwelling(self, building_id: str, dwelling_id: str, operator: str) -> list[Position]:
        """Tell that an operator looks at one dwelling's data; no position when that was told a moment ago."""
        command = ViewDwelling(building_id, dwelling_id, operator, self._now())
        return execute(self._log, [Step(access.stream(building_id), ACCESS, command)])

    def bind_devices(
        self, building_id: str, community_id: str, bound: Iterable[Device], time: datetime | None = None
    ) -> list[Position]:
        """Bind devices that no model shows, in one transaction."""
        recorded = self._now()
        bound = tuple(bound)
        self._check_community(community_id)
        self._check_points(building_id, bound)
        command = BindDevices(building_id, community_id, bound, time or recorded, recorded)
        return execute(self._log, [Step(devices.stream(building_id), DEVICES, command)])

    def retire_devices(
        self, building_id: str, device_ids: Iterable[str], reason: str, time: datetime | None = None
    ) -> list[Position]:
        """Take devices out for good."""
        recorded = self._now()
        command = RetireDevices(building_id, tuple(device_ids), reason, time or recorded, recorded)
        return execute(self._log, [Step(devices.stream(building_id), DEVICES, command)])

    def exchange_meter(self, entity: int, final: float, initial: float, time: datetime) -> list[Position]:
        """A register (its entity among readings) is another meter's from `time` on; values in the register's unit."""
        command = RecordExchange(entity, final, initial, time, self._now())
        return execute(self._log, [Step(meter.stream(entity), METER, command)])

    def roll_over(self, entity: int, modulus: float, time: datetime) -> list[Position]:
        """A register began again from zero before its first reading at or after `time`."""
        command = RecordRollOver(entity, modulus, time, self._now())
        return execute(self._log, [Step(meter.stream(entity), METER, command)])

    def define_scenario(self, definition: Mapping[str, Any]) -> list[Position]:
        """Keep a scenario: the fields of `ScenarioDefined` but its two times."""
        recorded = self._now()
        event = ScenarioDefined(**definition, time=recorded, recorded_at=recorded)
        step = Step(scenario.stream(event.scenario_id), SCENARIO, DefineScenario(event))
        return execute(self._log, [step])

    def complete_run(self, answer: Mapping[str, Any]) -> list[Position]:
        """Keep a run of a defined scenario: the fields of `ScenarioRun` but its two times."""
        recorded = self._now()
        event = ScenarioRun(**answer, time=recorded, recorded_at=recorded)
        return execute(self._log, [Step(scenario.stream(event.scenario_id), SCENARIO, CompleteRun(event))])

    def _models_until(self, building_id: str, time: datetime) -> list[str]:
        """Digests of the building's models up to `time`, oldest first; the first of all where none is so old."""
        told, _ = load(self._log, building.stream(building_id), BUILDING)
        return [facts.sha256 for facts in told.facts[: max(1, bisect_right(told.times, time))]]

    def _check_community(self, community_id: str) -> None:
        if community_id not in self.register().at().communities["community_id"]:
            raise DomainError(
                f"no community {community_id!r} is registered; load the sites first (`twin sites load FILE.tsv`)"
            )

    def _check_points(self, building_id: str, shown: tuple[Device, ...]) -> None:
        """A point belongs to one device of the city; within the building its own aggregate sees to it."""
        points = [p for d in shown for p in d.point_ids]
        elsewhere = self.register().at().devices.filter(pl.col("building_id") != building_id)
        taken = elsewhere.filter(pl.col("point_id").is_in(points))
        if taken.height:
            row = taken.row(0, named=True)
            raise DomainError(
                f"building {building_id}: serial {row['serial']} is the meter {row['device_id']} of building "
                f"{row['building_id']} already; correct the serial or the building id"
            )
