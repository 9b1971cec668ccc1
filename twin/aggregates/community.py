"""A community: one social-housing site (社宅基地) and its published facts over time.

The tags below are the storage format: never change one's meaning, add a version and an upcaster in `twin.codec`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from events.errors import DomainError
from events.ids import StreamId
from twin.aggregates.timeline import Timeline
from twin.decider import Decider


def stream(community_id: str) -> StreamId:
    """Name of the community's stream."""
    return StreamId(f"community-{community_id}")


class CommunityFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is published of a site; longitude and latitude in degrees, WGS84; `source` names the publication."""

    community_id: str
    name: str
    name_en: str | None = None
    district: str
    address: str
    longitude: float
    latitude: float
    households: int | None = None
    residents: int | None = None
    floors: str | None = None
    status: str | None = None
    source: str


class CommunityRegistered(CommunityFacts, frozen=True, kw_only=True, tag_field="event", tag="community.registered.v1"):
    """The city's list names the site for the first time."""

    time: datetime
    recorded_at: datetime


class CommunityChanged(CommunityFacts, frozen=True, kw_only=True, tag_field="event", tag="community.changed.v1"):
    """The site's facts are others from `time` on."""

    time: datetime
    recorded_at: datetime


CommunityEvent = CommunityRegistered | CommunityChanged


@dataclass(frozen=True)
class RegisterCommunity:
    """Command: from `time` on, the site's facts are these."""

    facts: CommunityFacts
    time: datetime
    recorded_at: datetime


Community = Timeline[CommunityFacts]
"""State: the site's facts by event time."""


def decide(command: RegisterCommunity, state: Community) -> Sequence[CommunityEvent]:
    """Registered once; equal facts tell nothing; other facts are a change."""
    facts = command.facts
    _check(facts)
    if state.at(command.time) == facts:
        return []
    kind = CommunityChanged if state.times else CommunityRegistered
    return [kind(**msgspec.structs.asdict(facts), time=command.time, recorded_at=command.recorded_at)]


def evolve(state: Community, event: CommunityEvent) -> Community:
    """The facts of the event hold from its time on."""
    return state.put(event.time, msgspec.convert(event, CommunityFacts, from_attributes=True))


COMMUNITY: Decider[RegisterCommunity, CommunityEvent, Community] = Decider(Timeline(), decide, evolve)


def _check(facts: CommunityFacts) -> None:
    if not facts.community_id or not facts.name:
        raise DomainError(f"community {facts.community_id!r} {facts.name!r}: both an id and a name are needed")
    if not (-180 <= facts.longitude <= 180 and -90 <= facts.latitude <= 90):
        raise DomainError(
            f"community {facts.community_id}: longitude {facts.longitude}, latitude {facts.latitude} is no place on "
            "Earth; give degrees, WGS84"
        )
    for name, count in (("households", facts.households), ("residents", facts.residents)):
        if count is not None and count < 0:
            raise DomainError(f"community {facts.community_id}: {name} {count} is below zero; leave it out if unknown")
