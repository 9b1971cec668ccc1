"""Played, the past comes in its own order, at the pace asked for, and sums to what a cut says."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.errors import UsageError
from events.feeds.decoded import Payload
from events.feeds.registry import format_named
from events.ids import SourceId
from events.ingest import Ingester
from replay.city import City
from replay.documents import document_of
from replay.player import Moment, Player, moments
from tests.replay.golden import hours
from tests.replay.test_cut_law import START, Row, polls, readings
from twin.place import init


class FakeWall:
    """A clock that goes on only while someone sleeps."""

    def __init__(self) -> None:
        self.s = 0.0

    def clock(self) -> float:
        return self.s

    def sleep(self, seconds: float) -> None:
        self.s += seconds


def hourly(since: datetime) -> Iterator[Moment]:
    """One empty moment an hour, for a day."""
    for hour in range(24):
        if hours(hour) >= since:
            yield Moment(hours(hour), "readings", pl.DataFrame())


def played(speed: float | None) -> tuple[FakeWall, Player]:
    """A player of `hourly` on a wall that stands still unless slept on."""
    wall = FakeWall()
    return wall, Player(hourly, hours(0), speed=speed, clock=wall.clock, sleep=wall.sleep)


@given(st.sampled_from([1.0, 60.0, 600.0, 3600.0]))
def test_a_day_takes_a_day_over_the_speed(speed: float) -> None:
    wall, player = played(speed)
    for moment in player:
        assert player.at >= moment.time
    assert wall.s == pytest.approx(23 * 3600 / speed)


def test_without_a_pace_nobody_waits() -> None:
    wall, player = played(None)
    assert len(list(player)) == 24
    assert wall.s == 0


def test_a_paused_player_goes_on_by_steps_and_a_jump_opens_the_past_anew() -> None:
    wall, player = played(3600)
    coming = iter(player)
    assert next(coming).time == hours(0)
    player.pause()
    player.step()
    assert next(coming).time == hours(1)
    assert player.at == hours(1)
    wall.sleep(1000)
    player.jump(hours(20))
    player.step()
    assert next(coming).time == hours(20)
    player.resume()
    began = wall.s
    assert next(coming).time == hours(21)
    assert wall.s - began == pytest.approx(1)
    player.faster(None)
    assert [m.time for m in coming] == [hours(22), hours(23)]


@pytest.mark.parametrize("speed", [0.5, 3601.0, -1.0])
def test_a_speed_beyond_the_player_is_refused(speed: float) -> None:
    with pytest.raises(UsageError, match="1 to 3600"):
        played(speed)


@settings(max_examples=30)
@given(polls, st.integers(0, 14), st.integers(0, 60))
def test_scrubbing_through_the_moments_equals_the_cut_at_each_stop(
    polls: list[list[Row]], known: int, stop: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = init(Path(name) / "city")
        with place.log() as log:
            ingester = Ingester(log)
            for poll in polls:
                ingester.append_frames(SourceId("test"), {"readings": readings(poll)})
        with City.open(place.directory) as city:
            seen: dict[str, tuple[datetime, float]] = {}
            end = START + timedelta(hours=stop)
            times = []
            for moment in moments(city, "readings", START, end, known):
                times.append(moment.time)
                rows = moment.rows.select("point_id", "time", "value").iter_rows()
                seen |= {point: (time, value) for point, time, value in rows}
            frame = city.cut(end, known).frame("readings")
            assert seen == {p: (t, v) for p, t, v in frame.select("point_id", "time", "value").iter_rows()}
            assert times == sorted(set(times))


@settings(max_examples=30)
@given(polls)
def test_documents_of_the_past_decode_to_the_rows_they_were_written_from(polls: list[list[Row]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = init(Path(name) / "city")
        with place.log() as log:
            Ingester(log).append_frames(SourceId("test"), {"readings": pl.concat(map(readings, polls))})
        with City.open(place.directory) as city:
            for moment in moments(city, "readings", START, START + timedelta(hours=60)):
                form, document = document_of(moment)
                decoded = format_named(form).decode([Payload(document, moment.time)])
                back = decoded.frames["readings"].select("point_id", "unit", "time", "value").sort("point_id")
                assert decoded.refused.is_empty()
                assert back.equals(moment.rows.select("point_id", "unit", "time", "value").sort("point_id"))
