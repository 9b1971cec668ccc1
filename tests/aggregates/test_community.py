"""A community is registered once; other facts are a change; nothing is told twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.errors import DomainError
from tests.aggregates.laws import RECORDED, day, told, twice
from tests.aggregates.samples import SITE
from twin.aggregates.community import (
    COMMUNITY,
    CommunityChanged,
    CommunityFacts,
    CommunityRegistered,
    RegisterCommunity,
)


def register(when: int, **facts: Any) -> RegisterCommunity:
    return RegisterCommunity(CommunityFacts(**SITE | facts), day(when), RECORDED)


def test_a_site_is_registered_once_and_equal_facts_later_tell_nothing() -> None:
    events = told(COMMUNITY, [register(0), register(5)])
    assert [type(e) for e in events] == [CommunityRegistered]


def test_other_facts_are_a_change_from_their_time_on() -> None:
    events = told(COMMUNITY, [register(0, status="施工中及待開工"), register(9, status="已完工")])
    assert [(type(e), e.status, e.time) for e in events] == [
        (CommunityRegistered, "施工中及待開工", day(0)),
        (CommunityChanged, "已完工", day(9)),
    ]


def test_late_knowledge_about_the_past_leaves_the_present_as_it_is() -> None:
    """Given 447 homes planned from day 0 and 199 from day 9, when day 5 is corrected to 300, then day 9 keeps 199."""
    events = told(COMMUNITY, [register(0, households=447), register(9, households=199), register(5, households=300)])
    state = COMMUNITY.fold(events)
    assert [getattr(state.at(day(d)), "households", None) for d in (-1, 0, 5, 8, 9)] == [None, 447, 300, 300, 199]


@given(st.lists(st.builds(lambda d, h: register(d, households=h), st.integers(0, 5), st.integers(0, 3)), max_size=12))
def test_any_command_may_be_retried(commands: list[RegisterCommunity]) -> None:
    assert told(COMMUNITY, twice(commands)) == told(COMMUNITY, commands)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"latitude": 121.6}, "latitude 121.6 is no place"),
        ({"longitude": float("nan")}, "no place"),
        ({"households": -1}, "households -1 is below zero"),
        ({"name": ""}, "both an id and a name"),
    ],
)
def test_a_site_that_cannot_be_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(DomainError, match=message):
        COMMUNITY.decide(register(0, **wrong), COMMUNITY.initial)
