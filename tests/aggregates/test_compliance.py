"""Checks of a building's model: kept once, asked as of then, and of the model that was checked."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.aggregates.laws import RECORDED, day, told, twice
from tests.aggregates.samples import FOUND
from tests.aggregates.test_register import logged
from twin.aggregates.compliance import COMPLIANCE, BuildingModelChecked, CheckFacts, KeepCheck, Requirement
from twin.projections.register import METERS, register


def keep(when: int, sha256: str = "a", meters_amiss: int = 0, ids_sha256: str = "c") -> KeepCheck:
    facts: dict[str, Any] = FOUND | {"sha256": sha256, "meters_amiss": meters_amiss, "ids_sha256": ids_sha256}
    return KeepCheck(CheckFacts(**facts), day(when), RECORDED)


def checked(when: int, **facts: Any) -> BuildingModelChecked:
    return BuildingModelChecked(**FOUND | facts, time=day(when), recorded_at=RECORDED)


def test_the_same_finding_again_tells_nothing_and_another_one_does() -> None:
    events = told(COMPLIANCE, [keep(0), keep(1), keep(2, meters_amiss=1), keep(3, "b"), keep(4, "b")])
    assert [(e.sha256, e.meters_amiss, e.time) for e in events] == [
        ("a", 0, day(0)),
        ("a", 1, day(2)),
        ("b", 0, day(3)),
    ]


def test_a_check_after_going_back_to_an_earlier_model_is_the_last_one() -> None:
    events = told(COMPLIANCE, [keep(0, "a"), keep(1, "b"), keep(2, "a"), keep(3, "a"), keep(4, "a", ids_sha256="d")])
    assert [(e.sha256, e.ids_sha256, e.time) for e in events] == [
        ("a", "c", day(0)),
        ("b", "c", day(1)),
        ("a", "c", day(2)),
        ("a", "d", day(4)),
    ]
    assert register(logged(events[:3])).checks["sha256"].unique().to_list() == ["a"]


_COMMANDS = st.builds(keep, st.integers(0, 5), st.sampled_from("ab"), st.integers(0, 1), st.sampled_from("cd"))


@given(st.lists(_COMMANDS, max_size=12))
def test_any_command_may_be_retried(commands: list[KeepCheck]) -> None:
    assert told(COMPLIANCE, twice(commands)) == told(COMPLIANCE, commands)


@given(st.lists(_COMMANDS, min_size=1, max_size=12))
def test_after_every_command_the_register_shows_its_finding_at_its_time(commands: list[KeepCheck]) -> None:
    for end in range(1, len(commands) + 1):
        state = COMPLIANCE.fold(told(COMPLIANCE, commands[:end]))
        assert state.at(commands[end - 1].time) == commands[end - 1].facts


def test_a_check_passes_when_nothing_failed_and_no_meter_is_amiss() -> None:
    kept = (Requirement("門 Door", "OverallWidth", 3, 3, 0),)
    assert checked(0, requirements=kept, meters_amiss=0).passed
    assert not checked(0, requirements=kept, meters_amiss=1).passed
    assert not checked(0, meters_amiss=0).passed


def test_a_cut_shows_the_last_check_by_then_and_the_meters_as_its_last_row() -> None:
    log = logged([checked(1), checked(5, sha256="b", requirements=(), meters_amiss=0)])
    assert register(log, day(0)).checks.is_empty()
    before, after = register(log, day(4)).checks, register(log, day(5)).checks
    columns = ("specification", "requirement", "applicable", "passed", "failed")
    assert before.select(columns).rows() == [
        ("門 Door", "OverallWidth", 3, 3, 0),
        ("門 Door", "Pset_DoorCommon.FireExit", 3, 2, 1),
        (METERS, "", 531, 529, 2),
    ]
    assert before["failing"].to_list() == [[], ["0YvctVUKr0kugbFTf53O9L"], []]
    assert after.select("sha256", *columns).rows() == [("b", METERS, "", 531, 531, 0)]
    assert register(log, day(5), known=2).checks.equals(before)


def test_checks_of_buildings_lie_side_by_side() -> None:
    log = logged([checked(1), checked(1, building_id="a")])
    assert register(log).checks["building_id"].to_list() == ["a"] * 3 + ["dongming-a"] * 3
    assert register(log).checks.filter(pl.col("failed") > 0).height == 4
