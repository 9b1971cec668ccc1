"""A number tells what was believed before it, and an indicator's value the events it was folded from."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from events.errors import UsageError
from replay.city import City
from replay.indicator import run
from replay.why import why
from replay.why_indicator import why_indicator
from tests.replay.golden import golden_city, hours
from tests.replay.test_incidents import minutes, station, told
from tests.replay.test_indicator import NAME, example
from twin.indicators import load_indicator
from twin.place import Place, init
from twin.projector import Projector

__all__ = ["example"]


def flushed(place: Place) -> None:
    with place.log() as log:
        projector = Projector(log, place.directory)
        projector.catch_up()
        projector.save()


@pytest.mark.parametrize("in_lake", [False, True])
def test_a_corrected_value_tells_what_it_corrected(tmp_path: Path, in_lake: bool) -> None:  # noqa: FBT001
    place = golden_city(tmp_path / "city")
    if in_lake:
        flushed(place)
    with City.open(place.directory) as city:
        first, second = why(city, "m1", "value", hours(1.5)).beliefs
        assert [b.value for b in why(city, "m1", "value", hours(1.5), hours(3)).beliefs] == [12.0]
        assert len(why(city, "m1", "value", hours(3)).beliefs) == 1
    assert (first.value, first.position, first.recorded_at, first.lost_to) == (12.0, 3, hours(61 / 60), 5)
    assert first.because == f"corrected by position 5, recorded at {hours(33).isoformat()}"
    assert (second.value, second.position, second.lost_to, second.row) == (11.5, 5, None, 0)


def test_a_row_told_twice_in_one_batch_lost_to_the_later_row(tmp_path: Path) -> None:
    place = init(tmp_path / "city")
    told(place, "docks", [station(0, 1), station(0, 2)])
    with City.open(place.directory) as city:
        one, other = why(city, "s1", "num_vehicles_available").beliefs
    assert (one.value, other.value, one.lost_to) == (1, 2, other.position)
    assert one.because == f"told again by a later row of the same batch, position {other.position}"


def test_a_value_of_an_indicator_tells_every_event_behind_it(tmp_path: Path, example: Path) -> None:
    place = init(tmp_path / "city")
    told(place, "docks", [station(0, 0), station(0, 4, name="s2")])
    told(place, "docks", [station(30, 3)])
    with City.open(place.directory) as city:
        run(city, load_indicator(example))
        chain = why_indicator(city, NAME, "s1", "empty_minutes", minutes(10))
        then = why_indicator(city, NAME, "s1", "empty_minutes", minutes(10), known=2)
        with pytest.raises(UsageError, match="has no 'empty_minutes' of 's9'"):
            why_indicator(city, NAME, "s9", "empty_minutes", minutes(10))
        rows = city.series("docks", ["s1"], minutes(-60), minutes(59))
    assert (chain.value, chain.unit, chain.rows, chain.events, chain.positions) == (30.0, "min", 2, 2, (2, 3))
    assert (then.value, then.positions) == (60.0, (2,))
    assert chain.rows_sha256 == hashlib.sha256(rows.write_csv().encode()).hexdigest()
    assert chain.source_sha256 == hashlib.sha256(example.read_bytes()).hexdigest()
    assert [o.position for o in chain.origins] == [2, 3]
    assert (chain.window_start, chain.window_end) == (minutes(0), minutes(60))
