"""A building's models: the same file tells nothing, a second one is a revision."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.errors import DomainError
from tests.aggregates.laws import RECORDED, day, told, twice
from tests.aggregates.samples import MODEL
from twin.aggregates.building import BUILDING, BuildingModelPublished, BuildingModelRevised, ModelFacts, PublishModel


def publish(when: int, sha256: str = "a", **facts: Any) -> PublishModel:
    return PublishModel(ModelFacts(**MODEL | {"sha256": sha256} | facts), day(when), RECORDED)


def test_a_second_file_is_a_revision_and_the_same_file_again_tells_nothing() -> None:
    events = told(BUILDING, [publish(0, "a"), publish(1, "a"), publish(2, "b"), publish(3, "b")])
    assert [(type(e), e.sha256, e.time) for e in events] == [
        (BuildingModelPublished, "a", day(0)),
        (BuildingModelRevised, "b", day(2)),
    ]


def test_the_same_file_counted_anew_is_the_same_file() -> None:
    assert len(told(BUILDING, [publish(0, "a"), publish(1, "a", coverage={"phases": 2})])) == 1


def test_going_back_to_an_earlier_file_is_a_revision_too() -> None:
    assert [e.sha256 for e in told(BUILDING, [publish(0, "a"), publish(1, "b"), publish(2, "a")])] == ["a", "b", "a"]


def test_a_building_never_changes_its_community() -> None:
    state = BUILDING.fold(told(BUILDING, [publish(0)]))
    with pytest.raises(DomainError, match="dongming-a stands in community 84e67c87923337da, not in elsewhere"):
        BUILDING.decide(publish(1, "b", community_id="elsewhere"), state)


@given(st.lists(st.builds(publish, st.integers(0, 5), st.sampled_from("abc")), max_size=12))
def test_any_command_may_be_retried(commands: list[PublishModel]) -> None:
    assert told(BUILDING, twice(commands)) == told(BUILDING, commands)
