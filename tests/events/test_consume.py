"""The ingester's loop fetches ahead; whatever fails on the way, each record lands once and in order."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events import batch, consume, hand
from events.batch import BATCH
from events.errors import BrokerUnavailableError, LogUnavailableError, TwinError, UnreadableError
from events.feeds.decoded import Payload
from events.feeds.registry import format_named
from events.ids import SourceId
from events.ingest import Decoded, Ingester, Landed
from events.log import Log
from events.monitoring.watch import Unwatched
from events.observations import READINGS
from events.source import Poll

SOURCE = SourceId("kafka:city.senml:0:abcdef01")
SENML = format_named("senml")
START = 1_772_323_200


class Topic:
    """A partition of a topic, one reading a record; fails at the calls it was told to fail at."""

    def __init__(self, records: int, ingester: Ingester, failing: set[int]) -> None:
        self._records, self._ingester, self._failing = records, ingester, failing
        self._next = self._calls = 0
        self.threads: set[int] = set()

    def poll(self, timeout_s: float) -> list[Poll]:
        self.threads.add(threading.get_ident())
        self._calls += 1
        if self._calls in self._failing:
            raise BrokerUnavailableError("gone for a moment")
        first, last = self._next, min(self._next + 2, self._records - 1)
        if first > last:
            return []
        self._next = last + 1
        data = [f'[{{"n":"urn:p","u":"kWh","t":{START + at},"v":{at}}}]'.encode() for at in range(first, last + 1)]
        payloads = [Payload(one, datetime(2026, 3, 1, tzinfo=UTC)) for one in data]
        return [Poll(SOURCE, first, last, {SENML: payloads}, {SENML: list(range(first, last + 1))})]

    def lag(self) -> int:
        self.threads.add(threading.get_ident())
        return self._records - self._next

    def lags(self) -> dict[SourceId, int]:
        return {SOURCE: self.lag()}

    def unread(self) -> dict[SourceId, str]:
        return {}

    def rewind(self) -> None:
        self.threads.add(threading.get_ident())
        landed = self._ingester.tracked(SOURCE)
        self._next = 0 if landed is None else landed + 1

    def close(self) -> None:
        """Nothing to leave."""


class Faulty(Ingester):
    """An ingester whose log is away at some of its appends."""

    failing: frozenset[int] = frozenset()
    _calls = 0

    def ingest(self, poll: Poll, decoded: Decoded | None = None) -> Landed:
        self._calls += 1
        if self._calls in self.failing:
            raise LogUnavailableError("locked for a moment")
        return super().ingest(poll, decoded)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consume, "WAIT_S", 0.0)


@settings(max_examples=40, deadline=None)
@given(
    records=st.integers(0, 40),
    away=st.sets(st.integers(1, 20), max_size=4),
    locked=st.frozensets(st.integers(1, 15), max_size=4),
)
def test_each_record_lands_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, records: int, away: set[int], locked: frozenset[int]
) -> None:
    where = tmp_path_factory.mktemp("line") / "log.sqlite"
    with Log.open(where) as log:
        ingester = Faulty(log)
        ingester.failing = locked
        topic = Topic(records, ingester, away)

        landed = consume.consume(topic, ingester, until_idle=True)

        assert landed.rows.get("readings", 0) == records
        assert landed.duplicates == landed.refused == 0
        assert _values(log) == [float(at) for at in range(records)]
        assert len(topic.threads) == 1, "a Kafka consumer may be used by one thread only"


def test_a_stop_lands_what_is_in_hand_and_leaves_the_rest(tmp_path: Path) -> None:
    with Log.open(tmp_path / "log.sqlite") as log:
        ingester = Ingester(log)
        stop: list[bool] = []

        consume.consume(
            Topic(30, ingester, set()), ingester, stopped=lambda: bool(stop), report=lambda _: stop.append(True)
        )

        assert _values(log) == [0.0, 1.0, 2.0]
        assert ingester.tracked(SOURCE) == 2
        assert consume.consume(_again(ingester), ingester, until_idle=True).rows["readings"] == 27


class Stuck(Topic):
    """A client library that never comes back."""

    def __init__(self, ingester: Ingester) -> None:
        super().__init__(0, ingester, set())
        self.let_go = threading.Event()

    def poll(self, timeout_s: float) -> list[Poll]:
        self.let_go.wait()
        return []


class Told(Unwatched):
    """Keeps what was told of as away."""

    def __init__(self) -> None:
        self.away_for: list[str] = []

    def away(self, error: TwinError) -> None:
        self.away_for.append(str(error))


def test_a_source_that_never_comes_back_is_told_of_and_a_stop_ends_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consume, "STUCK_S", 0.05)
    monkeypatch.setattr(consume, "TICK_S", 0.02)
    monkeypatch.setattr(hand, "FAREWELL_S", 0.05)
    with Log.open(tmp_path / "log.sqlite") as log:
        ingester = Ingester(log)
        stuck, watch = Stuck(ingester), Told()

        consume.consume(stuck, ingester, stopped=lambda: len(watch.away_for) > 1, watch=watch)

        stuck.let_go.set()
    assert "the source has not answered" in watch.away_for[0]


def test_an_end_when_idle_names_what_could_not_be_read(tmp_path: Path) -> None:
    with Log.open(tmp_path / "log.sqlite") as log:
        ingester = Ingester(log)
        topic = Topic(5, ingester, set())
        topic.unread = lambda: {SourceId("kafka:t:1:ab"): "cannot be read"}  # type: ignore[method-assign]
        with pytest.raises(UnreadableError, match="kafka:t:1:ab: cannot be read"):
            consume.consume(topic, ingester, until_idle=True)
        assert _values(log) == [0.0, 1.0, 2.0, 3.0, 4.0]


def _again(ingester: Ingester) -> Topic:
    topic = Topic(30, ingester, set())
    topic.rewind()
    topic.threads.clear()
    return topic


def _values(log: Log) -> list[float]:
    frames = [batch.decode(e.state, READINGS.stored) for e in log.read(tags=[BATCH])]
    return [value for frame in frames for value in frame["value"]]
