"""Aggregates on the log: load a stream, decide, append; when another writer was first, again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from events.errors import ConflictError
from events.ids import Position, StreamId
from events.log import Log, NewEvent
from twin.codec import decode, encode, tag_of
from twin.decider import Decider

ATTEMPTS = 5
"""How often a command is decided anew before another writer's conflict is passed on."""


@dataclass(frozen=True)
class Step:
    """A command for the aggregate of one stream."""

    stream: StreamId
    decider: Decider[Any, Any, Any]
    command: object


def load(log: Log, stream: StreamId, decider: Decider[Any, Any, Any]) -> tuple[Any, int]:
    """The aggregate's state and the stream's version (0: no event yet); unknown tags count and tell nothing."""
    stored = log.stream(stream)
    events = (decode(e.topic, e.state) for e in stored)
    state = decider.fold(e for e in events if e is not None)
    return state, stored[-1].originator_version if stored else 0


def execute(log: Log, steps: Sequence[Step]) -> list[Position]:
    """Decide every step in turn and append what they tell in one transaction; no event, no position.

    Raises DomainError when a step is refused (nothing is written), ConflictError after `ATTEMPTS` lost races.
    """
    for attempt in range(1, ATTEMPTS + 1):
        events = _decided(log, steps)
        if not events:
            return []
        try:
            return log.append(events)
        except ConflictError:
            if attempt == ATTEMPTS:
                raise
    return []


def _decided(log: Log, steps: Sequence[Step]) -> list[NewEvent]:
    loaded: dict[StreamId, tuple[Any, int]] = {}
    told: list[NewEvent] = []
    for step in steps:
        if step.stream not in loaded:
            loaded[step.stream] = load(log, step.stream, step.decider)
        state, version = loaded[step.stream]
        for event in step.decider.decide(step.command, state):
            version += 1
            told.append(NewEvent(step.stream, version, tag_of(event), encode(event)))
            state = step.decider.evolve(state, event)
        loaded[step.stream] = (state, version)
    return told
