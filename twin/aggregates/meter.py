"""One meter's register over time: when it was exchanged, when it began again from zero.

The log names the register by its entity (`events.entities`), not by its point: these events tell nothing about whose
meter it is, and go on to hold when a tenancy has ended or its names are destroyed.

The tags below are the storage format: never change one's meaning, add a version and an upcaster in `twin.codec`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from events.errors import DomainError
from events.ids import StreamId
from twin.aggregates.timeline import Timeline
from twin.decider import Decider


def stream(entity: int) -> StreamId:
    """Name of the stream of the register that is `entity` among readings."""
    return StreamId(f"register-{entity}")


class RegisterExchanged(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="register.exchanged.v1"):
    """Another meter counts on from `time`: the old one ended at `final`, the new one began at `initial`.

    Both in the register's unit. A reading at `time` is the new meter's.
    """

    entity: int
    final: float
    initial: float
    time: datetime
    recorded_at: datetime


class RegisterRolledOver(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="register.rolled_over.v1"):
    """The register began again from zero after its last digit: it counts modulo `modulus`, in its unit.

    `time` lies behind the last reading before and not behind the first reading after.
    """

    entity: int
    modulus: float
    time: datetime
    recorded_at: datetime


RegisterEvent = RegisterExchanged | RegisterRolledOver


@dataclass(frozen=True)
class RecordExchange:
    """Command: the meter was exchanged."""

    entity: int
    final: float
    initial: float
    time: datetime
    recorded_at: datetime


@dataclass(frozen=True)
class RecordRollOver:
    """Command: the register rolled over."""

    entity: int
    modulus: float
    time: datetime
    recorded_at: datetime


RegisterCommand = RecordExchange | RecordRollOver


def decide(command: RegisterCommand, state: Timeline[RegisterEvent]) -> Sequence[RegisterEvent]:
    """One event, unless it is believed already; told of the same instant again, it corrects what was told."""
    event = _event(command)
    believed = state.at(command.time)
    same = believed is not None and msgspec.structs.replace(believed, recorded_at=command.recorded_at) == event
    return [] if same else [event]


def evolve(state: Timeline[RegisterEvent], event: RegisterEvent) -> Timeline[RegisterEvent]:
    """What happened to the register by event time; the last told of an instant counts."""
    return state.put(event.time, event)


METER: Decider[RegisterCommand, RegisterEvent, Timeline[RegisterEvent]] = Decider(Timeline(), decide, evolve)


def _event(command: RegisterCommand) -> RegisterEvent:
    told: dict[str, Any] = {"entity": command.entity, "time": command.time, "recorded_at": command.recorded_at}
    if isinstance(command, RecordExchange):
        if not (_counts(command.final) and _counts(command.initial)):
            raise DomainError(
                f"an exchange from {command.final} to {command.initial}: give the register values that were read from "
                "the old meter and the new one, 0 or more"
            )
        return RegisterExchanged(final=command.final, initial=command.initial, **told)
    if not (_counts(command.modulus) and command.modulus):
        raise DomainError(f"a roll-over at {command.modulus}: give how far the register counts, for example 100000")
    return RegisterRolledOver(modulus=command.modulus, **told)


def _counts(value: float) -> bool:
    return math.isfinite(value) and value >= 0
