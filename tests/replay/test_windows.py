"""Calendar periods are Taipei's; consumption is what registers rose by, and says where it is not known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.clock import TAIPEI
from events.errors import UsageError
from replay.windows import aggregated, consumption, downsampled, periods

MARCH = datetime(2026, 3, 1, tzinfo=TAIPEI)
HOUR = timedelta(hours=1)


def register(values: list[float], start: datetime = MARCH, step: timedelta = HOUR, quality: int = 0) -> pl.DataFrame:
    """Readings of one register, as a city's series."""
    times = [(start + i * step).astimezone(UTC) for i in range(len(values))]
    columns = {"point_id": ["m"] * len(values), "unit": ["kWh"] * len(values), "time": times, "value": values}
    return pl.DataFrame(columns).with_columns(
        pl.col("time").cast(pl.Datetime("us", "UTC")), quality=pl.lit(quality, pl.UInt8)
    )


def test_a_local_day_begins_at_sixteen_hours_utc_and_a_month_with_its_first_day() -> None:
    days = aggregated(register([float(i) for i in range(48)]), ["point_id"], "value", "day")
    assert [t.isoformat() for t in days["start"]] == ["2026-02-28T16:00:00+00:00", "2026-03-01T16:00:00+00:00"]
    assert days.select("count", "min", "max", "mean", "last", "estimated_share").rows()[0] == (24, 0, 23, 11.5, 23, 0)
    months = periods(MARCH, MARCH + timedelta(days=40), "month")
    assert [t.astimezone(TAIPEI).isoformat()[:16] for t in months] == [
        "2026-03-01T00:00",
        "2026-04-01T00:00",
        "2026-05-01T00:00",
    ]


def test_a_day_s_consumption_is_the_rise_of_the_register() -> None:
    series = register([float(i) for i in range(49)])
    days = consumption(series, MARCH, MARCH + timedelta(days=2), "day")
    assert days.select("amount", "estimated_amount", "known_share", "state").rows() == [(24, 0, 1, "measured")] * 2


def test_a_gap_is_interpolated_and_the_end_of_the_readings_leaves_a_period_incomplete() -> None:
    series = register([float(i) for i in range(40)])
    gappy = pl.concat([series[:10], series[20:]])
    one, two = consumption(gappy, MARCH, MARCH + timedelta(days=2), "day").to_dicts()
    assert (one["amount"], one["estimated_amount"], one["state"]) == (
        pytest.approx(24),
        pytest.approx(11),
        "interpolated",
    )
    assert (two["amount"], two["known_share"], two["state"]) == (pytest.approx(15), 15 / 24, "incomplete")


def test_a_reset_is_not_consumption_and_not_a_negative_one() -> None:
    series = register([100.0 + i for i in range(12)] + [float(i) for i in range(13)])
    (day,) = consumption(series, MARCH, MARCH + timedelta(days=1), "day").to_dicts()
    assert (day["amount"], day["fell"], day["rolled_over"], day["state"]) == (23, True, False, "incomplete")


def test_a_register_that_rolls_over_goes_on_counting() -> None:
    series = register([(990.0 + i) % 1000 for i in range(25)])
    (day,) = consumption(series, MARCH, MARCH + timedelta(days=1), "day", modulus=1000).to_dicts()
    assert (day["amount"], day["fell"], day["rolled_over"], day["state"]) == (24, False, True, "measured")


@given(st.lists(st.floats(0, 10), min_size=49, max_size=49))
def test_the_hours_of_a_day_add_up_to_the_day(rises: list[float]) -> None:
    values = [float(sum(rises[:i])) for i in range(len(rises))]
    hours, days = (consumption(register(values), MARCH, MARCH + timedelta(days=2), p) for p in ("hour", "day"))
    assert hours["amount"].sum() == pytest.approx(days["amount"].sum())
    assert days["amount"].sum() == pytest.approx(values[48], abs=1e-9)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=200), st.integers(1, 50))
def test_a_downsampled_series_keeps_its_extremes_its_end_and_its_rows(values: list[float], pixels: int) -> None:
    window = (MARCH, MARCH + HOUR * (len(values) - 1))
    seen = downsampled(register(values), ["point_id"], "value", window, pixels)
    assert seen.height <= pixels
    assert (seen["min"].min(), seen["max"].max(), seen["last"][-1]) == (min(values), max(values), values[-1])
    assert seen["count"].sum() == len(values)


def test_a_step_that_does_not_divide_an_hour_is_refused() -> None:
    with pytest.raises(UsageError, match="divide an hour"):
        consumption(register([1.0, 2.0]), MARCH, MARCH + HOUR, "hour", step=timedelta(minutes=7))
