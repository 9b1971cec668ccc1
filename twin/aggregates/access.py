"""Who looked at a single dwelling: each look is an event, so that it can be asked later who saw what.

The tags below are the storage format: never change one's meaning, add a version and an upcaster in `twin.codec`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from events.errors import DomainError
from events.ids import StreamId
from twin.decider import Decider

ONE_LOOK = timedelta(minutes=15)
"""An operator who goes on looking at the same dwelling for so long is told of once."""


def stream(building_id: str) -> StreamId:
    """Name of the stream of looks into the building's dwellings."""
    return StreamId(f"access-{building_id}")


class DwellingViewed(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="dwelling.viewed.v1"):
    """An operator (a pseudonymous id) looked at one dwelling's data."""

    building_id: str
    dwelling_id: str
    operator: str
    time: datetime
    recorded_at: datetime


AccessEvent = DwellingViewed


@dataclass(frozen=True)
class ViewDwelling:
    """Command: `operator` looks at a dwelling at `time`."""

    building_id: str
    dwelling_id: str
    operator: str
    time: datetime


@dataclass(frozen=True)
class Looks:
    """State: when each (operator, dwelling) was told of last."""

    last: Mapping[tuple[str, str], datetime] = field(default_factory=dict)


def decide(command: ViewDwelling, state: Looks) -> Sequence[AccessEvent]:
    """A look is told unless it goes on from one just told; DomainError for an operator without a name."""
    if not command.operator.strip():
        raise DomainError("a look at a dwelling needs the operator's id; set TWIN_OPERATOR")
    before = state.last.get((command.operator, command.dwelling_id))
    if before is not None and command.time - before < ONE_LOOK:
        return []
    return [
        DwellingViewed(
            building_id=command.building_id,
            dwelling_id=command.dwelling_id,
            operator=command.operator,
            time=command.time,
            recorded_at=command.time,
        )
    ]


def evolve(state: Looks, event: AccessEvent) -> Looks:
    """The event is the operator's last look at the dwelling."""
    return Looks({**state.last, (event.operator, event.dwelling_id): event.time})


ACCESS: Decider[ViewDwelling, AccessEvent, Looks] = Decider(Looks(), decide, evolve)
