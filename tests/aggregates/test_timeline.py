"""Facts by event time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.aggregates.laws import day
from twin.aggregates.timeline import Timeline

entries = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), max_size=20)


@given(entries, st.integers(-1, 21))
def test_the_fact_at_a_time_is_the_last_one_put_at_the_latest_time_before(
    told: list[tuple[int, int]], asked: int
) -> None:
    timeline: Timeline[int] = Timeline()
    for when, fact in told:
        timeline = timeline.put(day(when), fact)
    before = [(when, n, fact) for n, (when, fact) in enumerate(told) if when <= asked]
    assert timeline.at(day(asked)) == (max(before)[2] if before else None)


@given(entries)
def test_times_are_in_order_and_each_has_one_fact(told: list[tuple[int, int]]) -> None:
    timeline: Timeline[int] = Timeline()
    for when, fact in told:
        timeline = timeline.put(day(when), fact)
    assert list(timeline.times) == sorted({day(when) for when, _ in told})
    assert len(timeline.facts) == len(timeline.times)
