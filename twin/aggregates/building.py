"""A building (棟) and the models published of it over time.

The tags below are the storage format: never change one's meaning, add a version and an upcaster in `twin.codec`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from events.errors import DomainError
from events.ids import StreamId
from twin.aggregates.timeline import Timeline
from twin.decider import Decider


def stream(building_id: str) -> StreamId:
    """Name of the building's stream."""
    return StreamId(f"building-{building_id}")


class ModelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One published model: the file's sha256 (its key in the archive), IFC schema, CRS (`EPSG:…`, None when the file
    states none), counts, and the loader's coverage report."""

    building_id: str
    community_id: str
    name: str
    sha256: str
    schema: str
    crs: str | None = None
    storeys: int
    dwellings: int
    devices: int
    elements: int
    coverage: dict[str, Any] = {}


class BuildingModelPublished(
    ModelFacts, frozen=True, kw_only=True, tag_field="event", tag="building.model_published.v1"
):
    """The building's first model."""

    time: datetime
    recorded_at: datetime


class BuildingModelRevised(ModelFacts, frozen=True, kw_only=True, tag_field="event", tag="building.model_revised.v1"):
    """Another file, or another reading of the same one, became the building's model from `time` on."""

    time: datetime
    recorded_at: datetime


BuildingEvent = BuildingModelPublished | BuildingModelRevised


@dataclass(frozen=True)
class PublishModel:
    """Command: from `time` on, this is the building's model."""

    facts: ModelFacts
    time: datetime
    recorded_at: datetime


Building = Timeline[ModelFacts]
"""State: the building's models by event time."""


def decide(command: PublishModel, state: Building) -> Sequence[BuildingEvent]:
    """The same file read alike tells nothing; read better, or another file, it is a revision, and the same file keeps
    the name it was published under; a building never changes its community."""
    facts = command.facts
    if state.facts and state.facts[0].community_id != facts.community_id:
        raise DomainError(
            f"building {facts.building_id} stands in community {state.facts[0].community_id}, not in "
            f"{facts.community_id}; give the model another building id"
        )
    believed = state.at(command.time)
    if believed is not None and believed.sha256 == facts.sha256:
        facts = msgspec.structs.replace(facts, name=believed.name)
        if _read_of(believed) == _read_of(facts):
            return []
    kind = BuildingModelRevised if state.facts else BuildingModelPublished
    return [kind(**msgspec.structs.asdict(facts), time=command.time, recorded_at=command.recorded_at)]


_OF_THE_RUN = ("phases", "peak_bytes")
"""What a coverage report says of the run that read the file, not of the file: seconds and memory differ every time."""


def _read_of(facts: ModelFacts) -> ModelFacts:
    """What was read of a file, whichever run read it, in the form that the log keeps."""
    coverage = {name: value for name, value in facts.coverage.items() if name not in _OF_THE_RUN}
    return msgspec.structs.replace(facts, coverage=msgspec.json.decode(msgspec.json.encode(coverage)))


def evolve(state: Building, event: BuildingEvent) -> Building:
    """The event's model holds from its time on."""
    return state.put(event.time, msgspec.convert(event, ModelFacts, from_attributes=True))


BUILDING: Decider[PublishModel, BuildingEvent, Building] = Decider(Timeline(), decide, evolve)
