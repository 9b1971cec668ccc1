"""The parts of an OCPP call that stand for themselves, so that an odd one is refused alone.

    MeterValues, TransactionEvent     meterValue[i].sampledValue[j], a sample
    StopTransaction                   transactionData[i].sampledValue[j], a sample
    NotifyEvent                       eventData[i], an event

What breaks its schema within a part, or within the group of samples that share a time, is that part's fault; what
breaks it elsewhere is the call's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from events.feeds.charging.ocpp_schemas import Violation

SAMPLE = "sampledValue"
GROUPS = ("meterValue", "transactionData")
EVENTS = "eventData"

Place = tuple[str | int, ...]

REASONS = 3
"""So many violations are told of one part."""


@dataclass(frozen=True)
class Faults:
    """What is wrong by place; () is the call itself."""

    by_place: Mapping[Place, list[str]]

    def at(self, *places: Place) -> str:
        """Why the part at one of these places cannot be taken, "" when nothing says so."""
        return "; ".join([reason for place in places for reason in self.by_place.get(place, [])][:REASONS])


def faults_of(violations: Sequence[Violation]) -> Faults:
    """The violations by the part that they are within."""
    by_place: dict[Place, list[str]] = {}
    for violation in violations:
        by_place.setdefault(_part(violation.path), []).append(violation.reason)
    return Faults(by_place)


def alone(body: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """The call with this part as its only one."""
    if not place:
        return dict(body)
    name, at, *within = place
    kept: Any = body[str(name)][at]
    if within:
        kept = {**kept, SAMPLE: [kept[SAMPLE][within[1]]]}
    others = (*GROUPS, EVENTS)
    return {n: v for n, v in body.items() if n not in others} | {str(name): [kept]}


def _part(path: Place) -> Place:
    if len(path) >= 2 and path[0] in (*GROUPS, EVENTS):
        return path[:4] if path[0] != EVENTS and len(path) >= 4 and path[2] == SAMPLE else path[:2]
    return ()
