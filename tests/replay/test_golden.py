"""Both clocks on the golden case: what was so, and what was known to be so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from events.clock import TAIPEI
from events.errors import NaiveTimeError
from replay.city import City
from tests.replay.golden import RECORDS, golden_city, hours


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with City.open(golden_city(tmp_path / "city").directory) as opened:
        yield opened


@pytest.mark.parametrize(
    ("at", "known", "values"),
    [
        (3, 3, [10.0, 12.0]),
        (3, 6, [10.0, 12.0, 15.0]),
        (3, 48, [10.0, 11.5, 15.0]),
        (1.5, 48, [10.0, 11.5]),
    ],
)
def test_a_series_as_of_t_is_what_was_known_at_k(city: City, at: float, known: float, values: list[float]) -> None:
    position = city.position_at(hours(known))
    assert city.series("readings", ["m1"], hours(0), hours(at), position)["value"].to_list() == values
    cut = city.cut(hours(at), hours(known))
    assert (cut.known, cut.frame("readings")["value"].to_list()) == (position, values[-1:])


def test_a_record_time_names_the_last_position_recorded_by_then(city: City) -> None:
    batches = [2, 3, 4, 5]  # the first event names the meter
    assert [city.position_at(hours(recorded)) for _, recorded, _ in RECORDS] == batches
    assert city.position_at(hours(0)) == 0
    assert city.position_at(hours(4.99)) == 3
    assert city.position_at(hours(1000)) == city.head == 5
    assert [city.cut(known=k).known_at for k in (0, 4)] == [None, hours(5)]


def test_a_position_beyond_the_log_is_the_head(city: City) -> None:
    assert [city.position_at(k) for k in (-3, 2, 99)] == [0, 2, 5]


def test_a_record_time_without_a_zone_is_refused(city: City) -> None:
    with pytest.raises(NaiveTimeError, match="no zone"):
        city.cut(known=hours(3).replace(tzinfo=None))


def test_times_may_be_given_in_any_zone(city: City) -> None:
    taipei = [hours(h).astimezone(TAIPEI) for h in (0, 1.5)]
    assert city.series("readings", ["m1"], *taipei)["value"].to_list() == [10.0, 11.5]
    assert city.cut(taipei[1], taipei[1]).frame("readings")["value"].to_list() == [12.0]
    with pytest.raises(NaiveTimeError):
        city.series("readings", ["m1"], hours(0).replace(tzinfo=None), hours(1))
