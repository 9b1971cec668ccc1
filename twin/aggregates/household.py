"""The households (戶) of one building, as far as the log may know them: whose time is over, by number, not by name.

No event here tells the dwelling, the device or the point. What ties an entity to them is its key in the vault
(`events.vault`); these events say that the key is a former tenancy's, or that it is destroyed. So that totals by
building and community stay what they were, each register says its kind, and from when on the register of devices
counted it (as the event that bound it, or the building's first, where that one bound fewer than ten homes).

The tags below are the storage format: never change one's meaning, add a version and an upcaster in `twin.codec`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from events.former import HOUSEHOLD_ERASED, TENANCY_ENDED
from events.ids import StreamId
from twin.decider import Decider


def stream(building_id: str) -> StreamId:
    """Name of the stream of the building's households."""
    return StreamId(f"households-{building_id}")


class FormerMeter(msgspec.Struct, frozen=True):
    """A register without a name: its entity among readings, the device's kind, and what bound it: time, position."""

    entity: int
    kind: str
    bound_at: datetime
    bound_position: int


class FormerPoints(msgspec.Struct, frozen=True, kw_only=True):
    """One tenancy's entities by family, and those among them that count in totals."""

    building_id: str
    community_id: str
    entities: dict[str, tuple[int, ...]]
    meters: tuple[FormerMeter, ...] = ()


class TenancyEnded(FormerPoints, frozen=True, kw_only=True, tag_field="event", tag=TENANCY_ENDED):
    """A household moved out: the next one's readings are other entities; the vault still knows the former key."""

    time: datetime
    recorded_at: datetime


class HouseholdErased(FormerPoints, frozen=True, kw_only=True, tag_field="event", tag=HOUSEHOLD_ERASED):
    """A household's keys are destroyed: nobody can tell any more whose these readings are."""

    reason: str
    time: datetime
    recorded_at: datetime


HouseholdEvent = TenancyEnded | HouseholdErased


@dataclass(frozen=True)
class EndTenancy:
    """Command: the tenancy of these points is over."""

    points: FormerPoints
    time: datetime
    recorded_at: datetime


@dataclass(frozen=True)
class EraseHousehold:
    """Command: the keys of these points are to be destroyed."""

    points: FormerPoints
    reason: str
    time: datetime
    recorded_at: datetime


HouseholdCommand = EndTenancy | EraseHousehold
Entity = tuple[str, int]
"""Family and number."""


@dataclass(frozen=True)
class Households:
    """State: entities whose tenancy is over, and those whose keys are destroyed."""

    ended: frozenset[Entity] = frozenset()
    erased: frozenset[Entity] = frozenset()


def decide(command: HouseholdCommand, state: Households) -> Sequence[HouseholdEvent]:
    """What is over is not ended again, and what is erased is neither ended nor erased again."""
    if isinstance(command, EndTenancy):
        points = _without(command.points, state.ended)
        told = msgspec.structs.asdict(points)
        return [TenancyEnded(**told, time=command.time, recorded_at=command.recorded_at)] if points.entities else []
    points = _without(command.points, state.erased)
    if not points.entities:
        return []
    told = msgspec.structs.asdict(points) | {"reason": command.reason}
    return [HouseholdErased(**told, time=command.time, recorded_at=command.recorded_at)]


def evolve(state: Households, event: HouseholdEvent) -> Households:
    """What is erased is over too."""
    named = {(family, entity) for family, entities in event.entities.items() for entity in entities}
    erased = state.erased | named if isinstance(event, HouseholdErased) else state.erased
    return Households(state.ended | named, erased)


HOUSEHOLDS: Decider[HouseholdCommand, HouseholdEvent, Households] = Decider(Households(), decide, evolve)


def _without(points: FormerPoints, known: frozenset[Entity]) -> FormerPoints:
    kept = {f: tuple(e for e in entities if (f, e) not in known) for f, entities in points.entities.items()}
    meters = tuple(m for m in points.meters if m.entity in kept.get("readings", ()))
    return msgspec.structs.replace(points, entities={f: e for f, e in kept.items() if e}, meters=meters)
