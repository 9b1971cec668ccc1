"""Laws of the difference: nothing between equals, what is learnt is named, and what differs leads from a to b."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from events.errors import UsageError
from events.ids import SourceId
from events.ingest import Ingester
from events.observations import FAMILIES
from replay.city import City
from replay.diff import REGISTERED, applied, diff, frame_of
from tests.replay.golden import golden_city, hours
from tests.replay.test_cut_law import START, Row, polls, readings
from twin.place import init

cuts = st.tuples(st.integers(-1, 62), st.integers(0, 14))


@settings(max_examples=40)
@given(polls, cuts, cuts)
def test_a_difference_applied_to_a_gives_b(polls: list[list[Row]], a: tuple[int, int], b: tuple[int, int]) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = init(Path(name) / "city")
        with place.log() as log:
            ingester = Ingester(log)
            for poll in polls:
                ingester.append_frames(SourceId("test"), {"readings": readings(poll)})
        with City.open(place.directory) as city:
            one, two = (city.cut(START + timedelta(hours=at), known) for at, known in (a, b))
            changes = diff(one, two, "readings")
            assert_frame_equal(applied(one.frame("readings"), changes, "readings"), two.frame("readings"))
            assert diff(one, one, "readings").is_empty()


def test_what_was_learned_since_is_late_corrected_or_newer(tmp_path: Path) -> None:
    with City.open(golden_city(tmp_path / "city").directory) as city:
        learned = diff(city.cut(hours(3), hours(3)), city.cut(hours(3), hours(48)), "readings")
        corrected = diff(city.cut(hours(1.5), hours(3)), city.cut(hours(1.5), hours(48)), "readings")
        newer = diff(city.cut(hours(3), hours(1.5)), city.cut(hours(3), hours(6)), "readings")
    wanted = ("change", "reason", "unit", "value_before", "value_after", "value_difference", "value_relative")
    assert learned.select(wanted).rows() == [("changed", "late", "kWh", 12.0, 15.0, 3.0, 0.25)]
    assert corrected.select(wanted[:5]).rows() == [("changed", "corrected", "kWh", 12.0, 11.5)]
    assert newer["reason"].to_list() == ["newer"]


def test_an_entity_that_appears_is_added_and_one_not_known_yet_is_removed(tmp_path: Path) -> None:
    with City.open(golden_city(tmp_path / "city").directory) as city:
        before, after = city.cut(hours(-1)), city.cut(hours(0))
        assert diff(before, after, "readings")["change"].to_list() == ["added"]
        back = diff(after, before, "readings")
    assert back.select("change", "reason", "value_after").rows() == [("removed", None, None)]


@pytest.mark.parametrize("family", [*FAMILIES, *REGISTERED])
def test_every_frame_can_be_compared(tmp_path: Path, family: str) -> None:
    with City.open(golden_city(tmp_path / "city").directory) as city:
        cut = city.cut()
        assert diff(city.cut(known=0), cut, family).height == frame_of(cut, family).height
        assert isinstance(applied(frame_of(cut, family), diff(cut, cut, family), family), pl.DataFrame)


def test_an_unknown_frame_is_refused(tmp_path: Path) -> None:
    with City.open(golden_city(tmp_path / "city").directory) as city, pytest.raises(UsageError, match="'trains'"):
        diff(city.cut(), city.cut(), "trains")
