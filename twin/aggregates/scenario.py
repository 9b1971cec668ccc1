"""A scenario: a what-if question defined once, and the runs that answered it. It never touches the city's history.

The tags below are the storage format: never change one's meaning, add a version and an upcaster in `twin.codec`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never

import msgspec

from events.errors import DomainError
from events.ids import StreamId
from twin.decider import Decider


def stream(scenario_id: str) -> StreamId:
    """Name of the scenario's stream."""
    return StreamId(f"scenario-{scenario_id}")


class ScenarioDefined(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="scenario.defined.v1"):
    """The question: a cut (as of `base_at`, as known at `base_known`, None = the best knowledge at each run), a window
    of event time, ordered interventions, seed and parameter set. `scenario_id` is the digest of all these."""

    scenario_id: str
    title: str
    community_id: str
    base_at: datetime
    base_known: int | None
    window_start: datetime
    window_end: datetime
    interventions: tuple[dict[str, Any], ...]
    seed: int
    parameter_set: str
    time: datetime
    recorded_at: datetime


class ScenarioRun(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="scenario.run_completed.v1"):
    """An answer: the result's content digest, its KPIs, and what it was computed from."""

    scenario_id: str
    digest: str
    known: int
    kpis: tuple[dict[str, Any], ...]
    provenance: dict[str, Any]
    time: datetime
    recorded_at: datetime


ScenarioEvent = ScenarioDefined | ScenarioRun


@dataclass(frozen=True)
class DefineScenario:
    """Command: keep this question."""

    event: ScenarioDefined


@dataclass(frozen=True)
class CompleteRun:
    """Command: keep this answer; the scenario must be defined."""

    event: ScenarioRun


ScenarioCommand = DefineScenario | CompleteRun


@dataclass(frozen=True)
class Scenario:
    """State: the question, and the digest of the last answer."""

    defined: ScenarioDefined | None = None
    digest: str | None = None


def decide(command: ScenarioCommand, state: Scenario) -> Sequence[ScenarioEvent]:
    """A question is kept once, an answer once until another one follows."""
    match command:
        case DefineScenario(event):
            return [] if state.defined else [event]
        case CompleteRun(event):
            if state.defined is None:
                raise DomainError(f"scenario {event.scenario_id} is not defined; define it before its runs are kept")
            return [] if state.digest == event.digest else [event]
        case _:
            assert_never(command)


def evolve(state: Scenario, event: ScenarioEvent) -> Scenario:
    """The question, then its latest answer."""
    if isinstance(event, ScenarioDefined):
        return replace(state, defined=event)
    return replace(state, digest=event.digest)


SCENARIO: Decider[ScenarioCommand, ScenarioEvent, Scenario] = Decider(Scenario(), decide, evolve)
