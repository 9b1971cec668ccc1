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


def test_the_same_file_read_alike_is_the_same_model_however_long_it_took() -> None:
    runs = [{"phases": [{"name": "parse", "cpu_s": 0.1}], "peak_bytes": 1, "dangling": 2}, {"dangling": 2}]
    assert len(told(BUILDING, [publish(at, "a", coverage=run) for at, run in enumerate(runs)])) == 1


@pytest.mark.parametrize(
    "better",
    [{"dwellings": 177}, {"devices": 541}, {"crs": None}, {"schema": "IFC4X3"}, {"coverage": {"dangling": 0}}],
)
def test_the_same_file_read_better_reaches_the_register_under_the_name_it_had(better: dict[str, Any]) -> None:
    events = told(BUILDING, [publish(0), publish(1, name="reload", **better), publish(2, **better)])
    assert [(type(e), e.time, e.name) for e in events] == [
        (BuildingModelPublished, day(0), MODEL["name"]),
        (BuildingModelRevised, day(1), MODEL["name"]),
    ]
    (name,) = better
    assert getattr(events[1], name) == better[name]


def test_going_back_to_an_earlier_file_is_a_revision_too() -> None:
    assert [e.sha256 for e in told(BUILDING, [publish(0, "a"), publish(1, "b"), publish(2, "a")])] == ["a", "b", "a"]


def test_a_building_never_changes_its_community() -> None:
    state = BUILDING.fold(told(BUILDING, [publish(0)]))
    with pytest.raises(DomainError, match="dongming-a stands in community 84e67c87923337da, not in elsewhere"):
        BUILDING.decide(publish(1, "b", community_id="elsewhere"), state)


def _published(when: int, sha256: str, dwellings: int, phase: int) -> PublishModel:
    return publish(when, sha256, dwellings=dwellings, coverage={"phases": phase, "got": dwellings})


_COMMANDS = st.builds(_published, st.integers(0, 5), st.sampled_from("abc"), st.integers(1, 2), st.integers(0, 1))


@given(st.lists(_COMMANDS, max_size=12))
def test_any_command_may_be_retried(commands: list[PublishModel]) -> None:
    assert told(BUILDING, twice(commands)) == told(BUILDING, commands)


@given(st.lists(_COMMANDS, min_size=1, max_size=12))
def test_after_every_command_the_model_of_its_time_is_the_one_given(commands: list[PublishModel]) -> None:
    """Nothing that was read anew is taken for what was known: whatever came before."""
    for end in range(1, len(commands) + 1):
        given_, state = commands[end - 1], BUILDING.fold(told(BUILDING, commands[:end]))
        believed = state.at(given_.time)
        assert believed is not None
        assert (believed.sha256, believed.dwellings) == (given_.facts.sha256, given_.facts.dwellings)
