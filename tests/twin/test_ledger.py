"""The ledger: counts and last event time of every source, over any number of batches in any order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from events.batch import BATCH, Header
from events.quarantine import QUARANTINE, RELEASED
from twin.projections.ledger import Ledger, SourceLedger, fold


def batch(source: str, rows: int, last: int | None, duplicates: int = 0) -> tuple[str, Header]:
    return BATCH, Header("readings", source, rows, 0, min_time=last, max_time=last, duplicates=duplicates)


def test_the_last_event_time_is_the_latest_one_whatever_comes_late() -> None:
    """Given a batch of noon, a late one of ten, one of eleven and one that told nothing new, then it is noon."""
    told = [
        batch("a", 3, 12),
        batch("a", 2, 10),
        batch("b", 1, 13),
        batch("a", 1, 11),
        batch("a", 0, None, duplicates=4),
    ]
    found = fold(Ledger(), told)
    assert found.sources == {"a": SourceLedger(6, 4, 0, 12), "b": SourceLedger(1, 0, 0, 13)}
    assert fold(found, [batch("a", 1, 14)]).sources["a"].last_event_time == 14
    assert fold(Ledger(), [batch("c", 0, None, duplicates=1)]).sources["c"].last_event_time is None


def test_observations_are_the_rows_that_say_something_by_family() -> None:
    facts = BATCH, Header("stations", "a", 5, 0, min_time=1, max_time=1, referring=3)
    found = fold(Ledger(), [batch("a", 3, 12), batch("b", 2, 10), facts, facts])
    assert found.observations == {"readings": 5, "stations": 4}
    assert found.sources["a"].rows == 3
    assert found.events == 4


def test_a_refusal_leaves_the_last_event_time_and_a_release_the_source() -> None:
    told = [batch("a", 1, 12), (QUARANTINE, Header("quarantine", "a", 1, 0, refused=5))]
    found = fold(Ledger(), told)
    assert (found.sources["a"], found.quarantined) == (SourceLedger(1, 0, 5, 12), 5)
    released = fold(found, [(RELEASED, Header("quarantine", "quarantine:releases", 2, 0, refused=3))])
    assert (released.sources, released.quarantined) == (found.sources, 2)


batches = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 5), st.one_of(st.none(), st.integers(0, 50)), st.integers(0, 3)),
    max_size=20,
)


@given(told=batches, cut=st.integers(0, 20))
def test_any_split_counts_what_a_plain_loop_counts(told: list[tuple[str, int, int | None, int]], cut: int) -> None:
    headers = [batch(source, rows, last, duplicates=again) for source, rows, last, again in told]
    found = fold(fold(Ledger(), headers[:cut]), headers[cut:])
    for source in {source for source, *_ in told}:
        own = [one for one in told if one[0] == source]
        times = [last for _, _, last, _ in own if last is not None]
        plain = SourceLedger(sum(r for _, r, _, _ in own), sum(d for *_, d in own), 0, max(times, default=None))
        assert found.sources[source] == plain
    assert found.events == len(told)
