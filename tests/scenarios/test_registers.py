"""Interval energy from registers: differences, gaps, resets, silence; never a negative interval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from events.observations import TIME, Quality
from replay.engines.registers import Energy, grid, group_energy
from twin.reckoning.consumption import curve

START = datetime(2026, 11, 16, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


Told = dict[float, tuple[float, Quality]]
"""A register's readings by minutes after the start: kWh, quality."""


def register(readings: dict[float, float], quality: Quality = Quality.MEASURED) -> Told:
    return {minutes: (kwh, quality) for minutes, kwh in readings.items()}


def curves(registers: Sequence[Told]) -> list[pl.DataFrame]:
    rows = [
        (f"m{n}", START + timedelta(minutes=minutes), kwh, int(quality))
        for n, told in enumerate(registers)
        for minutes, (kwh, quality) in told.items()
    ]
    schema = {"point_id": pl.String(), "time": TIME, "value": pl.Float64(), "quality": pl.UInt8()}
    return [curve(pl.DataFrame(rows, schema=schema, orient="row"), key=["point_id"], step=QUARTER)]


def of_group(registers: Sequence[Told], intervals: int, fewest: int = 1) -> Energy | None:
    times = [START + i * QUARTER for i in range(intervals)]
    return group_energy(curves(registers), len(registers), times, QUARTER, fewest)


def energy(*registers: Told, intervals: int = 4) -> Energy:
    found = of_group(registers, intervals)
    assert found is not None
    return found


def test_an_interval_is_the_difference_of_its_ends() -> None:
    found = energy(register({0: 100, 15: 101, 30: 103, 45: 103, 60: 107}))
    assert found.kwh.tolist() == [1, 2, 0, 4]
    assert found.estimated_kwh.tolist() == [0, 0, 0, 0]


def test_across_a_gap_the_energy_is_known_and_its_shape_estimated() -> None:
    found = energy(register({0: 100, 15: 101, 60: 107}))
    assert found.kwh == pytest.approx([1, 2, 2, 2])
    assert found.estimated_kwh == pytest.approx([0, 2, 2, 2])


def test_readings_off_the_quarter_hour_are_placed_between_their_neighbours() -> None:
    assert energy(register({-5: 0, 10: 15, 25: 30, 40: 45, 55: 60, 70: 75})).kwh == pytest.approx([15] * 4)


def test_a_meter_exchanged_takes_the_other_homes_mean_where_its_register_fell() -> None:
    """Given a register that falls from 500 to 2, then that interval is the mean of the others, and never negative."""
    other = register({0: 0, 15: 1, 30: 2, 45: 3, 60: 4})
    exchanged = register({0: 499, 15: 500, 30: 2, 45: 3, 60: 4})
    found = energy(other, exchanged)
    assert found.kwh == pytest.approx([2, 2, 2, 2])
    assert found.estimated_kwh == pytest.approx([0, 1, 0, 0])


def test_a_silent_meter_counts_as_the_mean_of_the_others_and_is_counted() -> None:
    found = energy(register({0: 0, 15: 1, 30: 2, 45: 3, 60: 4}), register({}))
    assert found.kwh == pytest.approx([2, 2, 2, 2])
    assert found.estimated_kwh == pytest.approx([1, 1, 1, 1])
    assert found.silent == 1


def test_a_meter_that_is_known_for_a_part_of_the_window_is_not_silent() -> None:
    found = energy(register({0: 0, 15: 1, 30: 2, 45: 3, 60: 4}), register({0: 0, 15: 3}))
    assert found.kwh == pytest.approx([4, 2, 2, 2])
    assert found.estimated_kwh == pytest.approx([0, 1, 1, 1])
    assert found.silent == 0


@pytest.mark.parametrize("quality", [Quality.ESTIMATED, Quality.SUBSTITUTED, Quality.MANUAL])
def test_what_was_not_measured_is_estimated(quality: Quality) -> None:
    found = energy(register({0: 0, 15: 1, 30: 2, 45: 3, 60: 4}, quality))
    assert found.estimated_kwh == pytest.approx(found.kwh)


@pytest.mark.parametrize(("which", "touched"), [(0, [0]), (2, [1, 2]), (4, [3])])
def test_one_estimated_reading_touches_the_intervals_on_both_sides(which: int, touched: list[int]) -> None:
    marked = register({0: 0, 15: 1, 30: 2, 45: 3, 60: 4})
    marked[15.0 * which] = (which, Quality.ESTIMATED)
    assert np.flatnonzero(energy(marked).estimated_kwh).tolist() == touched


def test_an_invalid_reading_is_no_reading() -> None:
    marked = register({0: 0, 15: 1, 30: 999, 45: 3, 60: 4})
    marked[30] = (999, Quality.INVALID)
    assert energy(marked).kwh == pytest.approx([1, 1, 1, 1])


def test_an_interval_that_no_meter_has_lies_between_its_neighbours() -> None:
    found = energy(register({0: 9, 15: 10, 30: 0, 45: 3, 60: 6}))
    assert found.kwh == pytest.approx([1, 2, 3, 3])
    assert found.estimated_kwh == pytest.approx([0, 2, 0, 0])


def test_an_interval_known_of_too_few_meters_does_not_show_them() -> None:
    """Given two meters of which one was reset in the second quarter hour, then the other's 99 kWh there stay hidden."""
    steady = register({0: 0, 15: 1, 30: 100, 45: 101, 60: 102})
    reset = register({0: 50, 15: 51, 30: 0, 45: 1, 60: 2})
    found = of_group([steady, reset], 4, fewest=2)
    assert found is not None
    assert found.kwh == pytest.approx([2, 2, 2, 2])


def test_meters_without_a_usable_interval_tell_nothing() -> None:
    assert of_group([register({}), register({0: 1}), register({60: 1, 75: 2})], 4) is None


def test_the_grid_covers_the_window() -> None:
    assert grid(START, START + timedelta(hours=1), QUARTER) == [START + i * QUARTER for i in range(4)]


readings = st.dictionaries(
    st.integers(-8, 24).map(lambda quarter: quarter * 7.5), st.floats(0, 1e6, allow_subnormal=False), max_size=20
).map(lambda told: register(dict(sorted(told.items()))))


def test_no_interval_is_negative_and_none_is_estimated_beyond_itself() -> None:
    found_some = list[bool]()

    @given(st.lists(readings, max_size=4))
    @example([register({0: 1.0, 7.5: 1.175494351e-38, 30: 0.0})])
    def law(registers: list[Told]) -> None:
        found = of_group(registers, 8)
        found_some.append(found is not None)
        if found is not None:
            assert np.isfinite(found.kwh).all()
            assert (found.kwh >= 0).all()
            assert (found.estimated_kwh >= 0).all()
            assert (found.estimated_kwh <= found.kwh + 1e-6).all()

    law()
    assert sum(found_some) * 5 > len(found_some), f"{sum(found_some)} of {len(found_some)} groups told something"


@given(st.lists(st.floats(0, 100), min_size=9, max_size=9))
def test_a_full_register_keeps_every_kilowatt_hour(rises: list[float]) -> None:
    told = dict(zip((i * 15.0 for i in range(9)), np.cumsum(rises).tolist(), strict=True))
    found = energy(register(told), intervals=8)
    assert found.kwh.sum() == pytest.approx(sum(rises[1:]), abs=1e-6)
