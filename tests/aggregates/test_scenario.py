"""A scenario is defined once; an answer is kept once until another follows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.errors import DomainError
from tests.aggregates.laws import told, twice
from tests.aggregates.samples import ANSWER, QUESTION, THEN
from twin.aggregates.scenario import (
    SCENARIO,
    CompleteRun,
    DefineScenario,
    ScenarioCommand,
    ScenarioDefined,
    ScenarioRun,
)

DEFINE = DefineScenario(ScenarioDefined(**QUESTION, **THEN))


def complete(digest: str) -> CompleteRun:
    return CompleteRun(ScenarioRun(**ANSWER | {"digest": digest}, **THEN))


def test_a_run_of_an_undefined_scenario_is_refused() -> None:
    with pytest.raises(DomainError, match="0123456789abcdef is not defined"):
        SCENARIO.decide(complete("x"), SCENARIO.initial)


def test_equal_answers_are_kept_once_and_a_new_answer_is_kept() -> None:
    events = told(SCENARIO, [DEFINE, complete("x"), complete("x"), complete("y")])
    assert [getattr(e, "digest", None) for e in events] == [None, "x", "y"]


@given(st.lists(st.one_of(st.just(DEFINE), st.builds(complete, st.sampled_from("xy"))), max_size=8))
def test_any_command_may_be_retried(commands: list[ScenarioCommand]) -> None:
    assert told(SCENARIO, twice(commands)) == told(SCENARIO, commands)
