"""Times given by people: an instant of UTC, or a clear refusal; never a raw error at the calendar's edge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.clock import FIRST, LAST, parse_time, shifted, utc
from events.errors import UsageError
from views.state import from_query

EDGES = (
    "9999-12-31T23:59:59-08:00",
    "9999-12-31T23:59:59.999999Z",
    "9000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+08:00",
    "0001-01-01T00:00:00Z",
    "0999-12-31T23:59:59Z",
    "1000-01-01T00:00:00+08:00",
)


@pytest.mark.parametrize("text", EDGES)
def test_a_time_at_the_edge_of_the_calendar_is_refused_with_the_years_that_are_taken(text: str) -> None:
    with pytest.raises(UsageError, match=rf"{text[:10]}.* lies outside of the years 1000 to 8999"):
        parse_time(text)
    assert from_query({"t": text}).at is None, "an address that makes no sense is passed over"


@given(moment=st.datetimes(), offset_min=st.integers(-14 * 60, 14 * 60))
def test_every_time_that_can_be_written_is_an_instant_or_refused(moment: datetime, offset_min: int) -> None:
    told = moment.replace(tzinfo=timezone(timedelta(minutes=offset_min)))
    try:
        found = parse_time(told.isoformat())
    except UsageError:
        assert not FIRST + timedelta(days=1) <= moment.replace(tzinfo=UTC) < LAST - timedelta(days=1)
        return
    assert found == told
    assert FIRST <= found - timedelta(0) < LAST
    assert found.tzinfo is UTC


def test_an_instant_that_utc_has_no_year_for_is_refused() -> None:
    with pytest.raises(UsageError, match="lies outside"):
        utc(datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))))


@pytest.mark.parametrize("minutes", [10**15, -(10**15), 60 * 24 * 365 * 8000, -60 * 24 * 365 * 2000])
def test_a_shift_out_of_the_calendar_is_refused(minutes: int) -> None:
    with pytest.raises(UsageError, match=r"'base.at: -9d' lies outside"):
        shifted(datetime(2026, 1, 1, tzinfo=UTC), minutes=minutes, told="base.at: -9d")


def test_a_position_of_any_length_in_an_address_opens_the_city() -> None:
    assert from_query({"k": "9" * 6000}).known is None
