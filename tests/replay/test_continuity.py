"""Registers go on counting over what events tell of; a fall that none tells of is unknown, never clipped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from events.clock import TAIPEI
from events.errors import DomainError, UsageError
from replay.city import City
from replay.incidents import incidents
from replay.windows import consumption, periods
from tests.replay.test_incidents import reading, told
from tests.replay.test_windows import HOUR, MARCH, register
from tests.scenarios.fake_city import NO_REGISTER_EVENTS
from twin.place import Place, init
from twin.reckoning.consumption import steps
from twin.service import Service

DAY = timedelta(days=1)


def event(
    hour: float, final: float | None = None, initial: float | None = None, modulus: float | None = None
) -> dict[str, object]:
    return {
        "point_id": "m", "unit": "kWh", "time": (MARCH + hour * HOUR).astimezone(UTC),
        "final": final, "initial": initial, "modulus": modulus, "position": 9,
    }  # fmt: skip


def events(*told: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(told), schema=NO_REGISTER_EVENTS.schema)


def test_an_exchange_is_neither_consumption_nor_a_gap() -> None:
    series = register([100.0 + i for i in range(12)] + [5.0 + i for i in range(13)])
    swapped = events(event(11.5, final=111.5, initial=4.5))
    (day,) = consumption(series, MARCH, MARCH + DAY, "day", events=swapped).to_dicts()
    assert (day["amount"], day["state"], day["fell"], day["exchanged"]) == (24, "measured", False, True)


@pytest.mark.parametrize(
    ("hour", "days"), [(0, [True, False]), (23.5, [True, False]), (24, [False, True]), (48, [False, False])]
)
def test_an_exchange_on_midnight_is_of_the_day_that_begins(hour: float, days: list[bool]) -> None:
    series = register([100.0 + i for i in range(50)])
    swapped = events(event(hour, final=100 + hour, initial=100 + hour))
    found = consumption(series, MARCH, MARCH + 2 * DAY, "day", events=swapped)
    assert found["exchanged"].to_list() == days
    assert found["amount"].to_list() == [pytest.approx(24)] * 2
    over = consumption(series, MARCH, MARCH + 2 * DAY, "day", events=events(event(hour, modulus=1e6)))
    assert over["rolled_over"].to_list() == days


def test_a_fall_that_no_event_tells_of_stays_unknown() -> None:
    series = register([100.0 + i for i in range(12)] + [5.0 + i for i in range(13)])
    elsewhere = events(event(30, final=111.5, initial=4.5))
    (day,) = consumption(series, MARCH, MARCH + DAY, "day", events=elsewhere).to_dicts()
    assert (day["amount"], day["state"], day["fell"], day["exchanged"]) == (23, "incomplete", True, False)


def test_a_roll_over_goes_on_after_the_modulus() -> None:
    series = register([(990.0 + i) % 1000 for i in range(25)])
    (day,) = consumption(series, MARCH, MARCH + DAY, "day", events=events(event(10, modulus=1000))).to_dicts()
    assert (day["amount"], day["state"], day["fell"], day["rolled_over"]) == (24, "measured", False, True)


changes = st.lists(
    st.tuples(st.integers(1, 47), st.booleans(), st.floats(0, 50)), max_size=4, unique_by=lambda change: change[0]
)


@settings(deadline=None)
@given(
    rises=st.lists(st.floats(0, 10), min_size=49, max_size=49),
    changes=changes,
    cuts=st.sets(st.integers(1, 47), max_size=5),
)
@example(rises=[0.0, 0.30859486446958023, *[0.0] * 47], changes=[(2, False, 0.0)], cuts=set())
def test_the_parts_of_any_split_add_up_to_the_difference_of_the_adjusted_registers(
    rises: list[float], changes: list[tuple[int, bool, float]], cuts: set[int]
) -> None:
    """Given registers exchanged or rolled over between any readings, then what was used is what they were turned by."""
    used, shown, offset, happened = 0.0, [0.0], 0.0, []
    by_hour = {hour: (exchanged, start) for hour, exchanged, start in changes}
    for hour in range(1, 49):
        used += rises[hour]
        if hour in by_hour:
            exchanged, start = by_hour[hour]
            modulus = used + offset + 1 - start
            step = used + offset - start if exchanged else max(modulus, 1.0)
            if exchanged:
                happened.append(event(hour, final=used + offset, initial=start))
            else:
                happened.append(event(hour, modulus=step))
            offset -= step
        shown.append(used + offset)
    series = register(shown)
    parts = [MARCH, *(MARCH + h * HOUR for h in sorted(cuts)), MARCH + 2 * DAY]
    sums = [consumption(series, a, b, "hour", events=events(*happened))["amount"].sum() for a, b in pairwise(parts)]
    whole = consumption(series, MARCH, MARCH + 2 * DAY, "day", events=events(*happened))
    assert sum(sums) == pytest.approx(used, abs=1e-6)
    assert whole["amount"].sum() == pytest.approx(used, abs=1e-6)
    assert not whole["fell"].any()


def test_a_billing_month_begins_on_its_day_and_years_turn() -> None:
    found = periods(datetime(2026, 1, 4, tzinfo=TAIPEI), datetime(2026, 2, 5, tzinfo=TAIPEI), "month", billing_day=5)
    assert [t.astimezone(TAIPEI).date().isoformat() for t in found] == ["2025-12-05", "2026-01-05", "2026-02-05"]
    with pytest.raises(UsageError, match="a day that every month has"):
        periods(MARCH, MARCH + DAY, "month", billing_day=31)


@given(st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)), st.integers(1, 28))  # noqa: DTZ001
def test_every_instant_lies_in_one_billing_month(naive: datetime, billing_day: int) -> None:
    moment = naive.replace(tzinfo=TAIPEI)
    begins, ends = periods(moment, moment + timedelta(microseconds=1), "month", billing_day=billing_day)[:2]
    assert begins <= moment < ends
    assert {t.astimezone(TAIPEI).day for t in (begins, ends)} == {billing_day}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A city whose meter m1 falls at noon and a half."""
    made = init(tmp_path / "city")
    values = [100.0, 101.0, 3.0, 4.0]
    told(made, "readings", [reading(15 * i, v) for i, v in enumerate(values)])
    return made


def test_a_city_knows_of_an_exchange_from_the_event_on(place: Place) -> None:
    at = reading(29, 0.0)["time"]
    assert isinstance(at, datetime)
    with place.log() as log:
        service = Service(log, place.archive, lambda: at + HOUR)
        assert len(service.exchange_meter(0, 101.5, 2.5, at)) == 1
        assert service.exchange_meter(0, 101.5, 2.5, at) == []
    with City.open(place.directory) as city:
        before, after = city.register_events(known=2), city.register_events()
        assert (before.height, after["final"].to_list(), after["point_id"].to_list()) == (0, [101.5], ["m1"])
        series = city.series("readings", ["m1"], at - DAY, at + DAY)
        assert steps(series, after)["rise"].to_list() == [None, 1.0, 0.5, 0.5, 1.0]
        assert incidents(city, at - DAY, at + DAY).filter(kind="register_fell").is_empty()


def test_an_exchange_told_again_otherwise_corrects_the_first(place: Place) -> None:
    at = reading(29, 0.0)["time"]
    assert isinstance(at, datetime)
    with place.log() as log:
        service = Service(log, place.archive, lambda: at + HOUR)
        service.exchange_meter(0, 101.5, 2.5, at)
        service.exchange_meter(0, 101.75, 2.5, at)
        with pytest.raises(DomainError, match="0 or more"):
            service.exchange_meter(0, -1.0, 2.5, at)
        with pytest.raises(DomainError, match="how far the register counts"):
            service.roll_over(0, 0.0, at)
    with City.open(place.directory) as city:
        assert city.register_events()["final"].to_list() == [101.75]
