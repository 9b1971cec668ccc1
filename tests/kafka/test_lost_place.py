"""Whatever call to the broker fails, and however often, no record is passed over and none lands twice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from events import batch, consume
from events.batch import BATCH
from events.errors import BrokerUnavailableError
from events.ingest import Ingester
from events.kafka import source as sources
from events.kafka.port import Fetched, Partition, Topic
from events.kafka.source import KafkaSource
from events.log import Log
from tests.kafka.published import reading

T = TypeVar("T")

RECORDS, AT_ONCE = 12, 3
HELD = Partition("city.senml", 0)


class FlakyClient:
    """A client whose calls of these numbers fail; a poll that fails has passed over the records it would have given."""

    def __init__(self, failing: Collection[int]) -> None:
        self._failing, self._calls, self._at = failing, 0, 0

    def topics(self, wanted: Collection[str]) -> Mapping[str, Topic]:
        return self._told(lambda: {HELD.topic: Topic("0" * 32, 1)})

    def reach(self, partitions: Collection[Partition]) -> Mapping[Partition, tuple[int, int]]:
        return self._told(lambda: dict.fromkeys(partitions, (0, RECORDS)))

    def assign(self, starts: Mapping[Partition, int]) -> None:
        self._told(lambda: None)
        self._at = starts.get(HELD, RECORDS)

    def positions(self) -> Mapping[Partition, int]:
        return self._told(lambda: {HELD: self._at})

    def poll(self, timeout_s: float) -> Sequence[Fetched]:
        offsets = range(self._at, min(self._at + AT_ONCE, RECORDS))
        self._at = offsets.stop
        values = [reading(0, offset) for offset in offsets]
        fetched = Fetched(HELD, offsets, [1_790_000_000_000] * len(offsets), values, [[]] * len(offsets))
        return self._told(lambda: [fetched] if offsets else [])

    def close(self) -> None:
        """Nothing is held."""

    def _told(self, answer: Callable[[], T]) -> T:
        self._calls += 1
        if self._calls in self._failing:
            raise BrokerUnavailableError("gone for a moment")
        return answer()


@settings(max_examples=40)
@given(st.sets(st.integers(4, 40), max_size=16))
def test_whatever_call_fails_every_record_lands_once(failing: set[int]) -> None:
    with TemporaryDirectory() as folder, Log.open(Path(folder) / "log.sqlite") as log:
        ingester, client = Ingester(log), FlakyClient(failing)
        with patch.object(sources, "client", lambda *_: client), patch.object(consume, "WAIT_S", 0.0):
            consume.consume(KafkaSource("", ingester.tracked), ingester, until_idle=True)
        headers = [batch.header_of(event.state) for event in log.read(tags=(BATCH,))]

    assert [offset for h in headers for offset in range(h.first_offset, h.last_offset + 1)] == list(range(RECORDS))
    assert (sum(h.rows for h in headers), sum(h.duplicates for h in headers)) == (RECORDS, 0)
