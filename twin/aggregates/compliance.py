"""What a check of a building's model found: the city's requirements (IDS) and the rule of three meters.

The tags below are the storage format: never change one's meaning, add a version and an upcaster in `twin.codec`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from events.ids import StreamId
from twin.aggregates.timeline import Timeline
from twin.decider import Decider


def stream(building_id: str) -> StreamId:
    """Name of the stream of the building's checks."""
    return StreamId(f"compliance-{building_id}")


class Requirement(msgspec.Struct, frozen=True):
    """One requirement of one specification (`requirement` empty: that there are such elements at all), the elements it
    concerns, and the GlobalIds of the first that do not meet it."""

    specification: str
    requirement: str
    applicable: int
    passed: int
    failed: int
    failing: tuple[str, ...] = ()


class CheckFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A check: of the model file `sha256`, against the requirements file `ids_file` with the digest `ids_sha256`.

    `meters_wanted`: meters that the rule of three asks for (three a dwelling, three for the building); `meters_amiss`:
    those that are missing, doubled or without a serial.
    """

    building_id: str
    sha256: str
    schema: str
    ids_file: str
    ids_sha256: str
    requirements: tuple[Requirement, ...]
    meters_wanted: int
    meters_amiss: int

    @property
    def passed(self) -> bool:
        """Whether everything asked for is there."""
        return self.meters_amiss == 0 and all(each.failed == 0 for each in self.requirements)


class BuildingModelChecked(CheckFacts, frozen=True, kw_only=True, tag_field="event", tag="building.model_checked.v1"):
    """A published model was checked."""

    time: datetime
    recorded_at: datetime


ComplianceEvent = BuildingModelChecked


@dataclass(frozen=True)
class KeepCheck:
    """Command: this check of the building's model was made at `time`."""

    facts: CheckFacts
    time: datetime
    recorded_at: datetime


Checks = Timeline[CheckFacts]
"""State: what was found, by the instant of the check."""


def decide(command: KeepCheck, state: Checks) -> Sequence[ComplianceEvent]:
    """What the last check by then found already tells nothing new. One of another file in between makes it news: it is
    the last check that the register shows."""
    facts = command.facts
    if state.at(command.time) == facts:
        return []
    fields = {name: getattr(facts, name) for name in CheckFacts.__struct_fields__}
    return [BuildingModelChecked(**fields, time=command.time, recorded_at=command.recorded_at)]


def evolve(state: Checks, event: ComplianceEvent) -> Checks:
    """The event's finding is the last one from its time on."""
    return state.put(event.time, msgspec.convert(event, CheckFacts, from_attributes=True))


COMPLIANCE: Decider[KeepCheck, ComplianceEvent, Checks] = Decider(Timeline(), decide, evolve)
