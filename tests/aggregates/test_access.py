"""A look at a dwelling is told; one that goes on is told once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from events.errors import DomainError
from twin.aggregates.access import ACCESS, ONE_LOOK, ViewDwelling

START = datetime(2026, 11, 23, tzinfo=UTC)


def _told(*looks: tuple[str, str, timedelta]) -> list[tuple[str, str]]:
    state, told = ACCESS.initial, []
    for operator, dwelling, after in looks:
        for event in ACCESS.decide(ViewDwelling("b", dwelling, operator, START + after), state):
            state = ACCESS.evolve(state, event)
            told.append((event.operator, event.dwelling_id))
    return told


def test_a_look_that_goes_on_is_told_once() -> None:
    soon = ONE_LOOK - timedelta(seconds=1)
    assert _told(("a", "d1", timedelta(0)), ("a", "d1", soon)) == [("a", "d1")]
    assert _told(("a", "d1", timedelta(0)), ("a", "d1", ONE_LOOK)) == [("a", "d1"), ("a", "d1")]


def test_others_and_other_dwellings_are_told_apart() -> None:
    now = timedelta(0)
    assert _told(("a", "d1", now), ("b", "d1", now), ("a", "d2", now)) == [("a", "d1"), ("b", "d1"), ("a", "d2")]


def test_a_look_without_an_operator_is_refused() -> None:
    with pytest.raises(DomainError, match="TWIN_OPERATOR"):
        _told((" ", "d1", timedelta(0)))
