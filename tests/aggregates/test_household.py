"""Households: what is over is told once, and no event says whose it was."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.aggregates.laws import RECORDED, day, told, twice
from tests.aggregates.samples import FORMER
from twin.aggregates.household import (
    HOUSEHOLDS,
    EndTenancy,
    EraseHousehold,
    FormerMeter,
    FormerPoints,
    HouseholdErased,
    HouseholdEvent,
    TenancyEnded,
)


def points(*entities: int) -> FormerPoints:
    meters = tuple(FormerMeter(entity, "electricity_meter", day(0), 3) for entity in entities)
    return FormerPoints(building_id="a", community_id="c", entities={"readings": entities}, meters=meters)


def end(*entities: int) -> EndTenancy:
    return EndTenancy(points(*entities), day(1), RECORDED)


def erase(*entities: int) -> EraseHousehold:
    return EraseHousehold(points(*entities), "asked for it", day(2), RECORDED)


some = st.lists(st.integers(0, 5), min_size=1, max_size=4, unique=True)
commands = st.lists(st.tuples(st.sampled_from([end, erase]), some).map(lambda drawn: drawn[0](*drawn[1])), max_size=8)


def entities(event: HouseholdEvent) -> tuple[int, ...]:
    return event.entities["readings"]


@given(commands)
def test_any_command_may_be_given_again(drawn: list[EndTenancy | EraseHousehold]) -> None:
    assert told(HOUSEHOLDS, twice(drawn)) == told(HOUSEHOLDS, drawn)


@given(commands)
def test_an_entity_is_ended_once_at_most_and_erased_once_at_most(drawn: list[EndTenancy | EraseHousehold]) -> None:
    events = told(HOUSEHOLDS, drawn)
    for kind in (TenancyEnded, HouseholdErased):
        named = [entity for event in events if isinstance(event, kind) for entity in entities(event)]
        assert len(named) == len(set(named))


def test_what_is_erased_is_not_ended_and_what_is_ended_can_be_erased() -> None:
    events = told(HOUSEHOLDS, [end(1), erase(1, 2), end(2, 3)])
    assert [(type(event), entities(event)) for event in events] == [
        (TenancyEnded, (1,)),
        (HouseholdErased, (1, 2)),
        (TenancyEnded, (3,)),
    ]
    assert [meter.entity for meter in events[-1].meters] == [3]


def test_no_field_of_the_events_can_hold_a_dwelling_a_device_or_a_point() -> None:
    told_of = {"building_id", "community_id", "entities", "meters", "reason", "time", "recorded_at", "event"}
    ended = TenancyEnded(**FORMER, time=day(0), recorded_at=RECORDED)
    erased = HouseholdErased(**FORMER, reason="asked for it", time=day(0), recorded_at=RECORDED)
    for stored in map(msgspec.to_builtins, (ended, erased)):
        assert {"building_id", "entities", "meters"} <= set(stored) <= told_of
        assert {field for meter in stored["meters"] for field in meter} == {
            "entity",
            "kind",
            "bound_at",
            "bound_position",
        }
