"""When a record is said to be made: the writer's clock, the last record and the store's clock, to the microsecond."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from eventsourcing.persistence import StoredEvent

from events.clock import instant
from events.errors import ClockAheadError
from events.sealing.records import recorded_us
from events.sealing.rising import AHEAD_US, rising

NOON = 1_800_000_000_000_000


def event(made: int | None, version: int = 1) -> StoredEvent:
    said = b"{}" if made is None else f'{{"recorded_at":"{instant(made).isoformat()}"}}'.encode()
    return StoredEvent(UUID(int=1), version, "thing.v1", said)


def made(told: list[int | None], last: int | None, clock: Callable[[], int]) -> list[int | None]:
    events = [event(time, n) for n, time in enumerate(told, 1)]
    return [recorded_us(stored.state) for stored in rising(events, last, clock, "log")]


def unasked() -> int:
    raise AssertionError("two clocks agree: the store's is not asked")


@pytest.mark.parametrize(
    ("own", "last", "time"),
    [
        (NOON, None, NOON),
        (NOON, NOON - 1, NOON),
        (NOON, NOON, NOON + 1),
        (NOON, NOON + 1, NOON + 2),
        (NOON, NOON - AHEAD_US, NOON),
        (NOON, NOON + AHEAD_US, NOON + AHEAD_US + 1),
    ],
)
def test_clocks_that_agree_within_a_minute_need_no_third(own: int, last: int | None, time: int) -> None:
    assert made([own], last, unasked) == [time]


BEYOND = AHEAD_US + 1


@pytest.mark.parametrize(
    ("own", "last", "store", "time"),
    [
        (NOON, NOON - BEYOND, NOON, NOON),  # the log was idle
        (NOON, NOON - BEYOND, NOON - AHEAD_US, NOON),  # the store is a minute behind, and no more
        (NOON, NOON - BEYOND, NOON - BEYOND, None),  # the writer is ahead of both
        (NOON, NOON - BEYOND, NOON - BEYOND - AHEAD_US, None),  # the last record is just a minute ahead of the store
        (NOON, NOON - BEYOND, NOON - 2 * BEYOND, NOON),  # the last record is ahead of the store too: it is the store
        (NOON, NOON + BEYOND, NOON + BEYOND, NOON + BEYOND + 1),  # the writer is behind
        (NOON, NOON + BEYOND, NOON + 1, NOON + BEYOND + 1),  # the last record is just a minute ahead of the store
        (NOON, NOON + BEYOND, NOON, NOON),  # the last record is ahead of both: it is not followed
    ],
)
def test_the_stores_clock_tells_which_of_two_is_wrong(own: int, last: int, store: int, time: int | None) -> None:
    if time is None:
        with pytest.raises(ClockAheadError):
            made([own], last, lambda: store)
    else:
        assert made([own], last, lambda: store) == [time]


def test_events_of_one_append_never_fall_and_those_without_a_time_keep_none() -> None:
    assert made([None, NOON, NOON - 5, None, NOON + 5, NOON + 4], NOON + 1, unasked) == [
        None, NOON + 2, NOON + 2, None, NOON + 5, NOON + 5,
    ]  # fmt: skip
