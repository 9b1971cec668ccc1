"""Offsets that nobody can read any more: never silence; and a clock that somebody steps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from deploy.kafka.broker import Broker
from events.ingest import Ingester
from events.kafka.source import Adapter, KafkaSource
from events.quarantine import Refusal, quarantined
from tests.kafka.conftest import send
from tests.kafka.published import assert_holds_exactly, packs
from twin.place import Place

pytestmark = pytest.mark.kafka


@pytest.mark.parametrize("adapter", Adapter)
def test_offsets_that_expire_before_an_ingester_reads_them_are_a_gap_in_the_log(
    kafka: Broker, place: Place, adapter: Adapter
) -> None:
    from kafka import KafkaAdminClient, TopicPartition

    send(kafka, {"city.senml": packs(range(60))})
    with place.log() as log:
        ingester = Ingester(log)
        source = KafkaSource(kafka.address, ingester.tracked, adapter=adapter)  # it holds offset 0 from now on
        admin = KafkaAdminClient(bootstrap_servers=kafka.address)
        admin.delete_records({TopicPartition("city.senml", 0): 45})
        admin.close()
        source.rewind()  # lets go of what the client library fetched ahead
        drain(source, ingester)
        source.close()
        (gap,) = quarantined(log)
    assert msgspec.json.decode(gap.refusal.payload) == {"first": 0, "last": 44}
    assert gap.refusal == Refusal(0, "kafka", gap.refusal.reason, gap.refusal.payload)
    assert_holds_exactly(place, range(45, 60), quarantined=1)


@pytest.mark.parametrize("adapter", Adapter)
def test_a_clock_that_is_put_back_and_forward_loses_and_doubles_nothing(
    kafka: Broker, place: Place, adapter: Adapter
) -> None:
    steps = stepped()
    with place.log() as log:
        ingester = Ingester(log, clock=lambda: next(steps))
        source = KafkaSource(kafka.address, ingester.tracked, adapter=adapter, clock=lambda: next(steps))
        for turn in range(4):
            send(kafka, {"city.senml": packs(range(turn * 25, turn * 25 + 25))})
            drain(source, ingester)
        source.close()
    assert_holds_exactly(place, range(100))


def stepped() -> Iterator[datetime]:
    """The time, an hour back, the time, an hour ahead, and so on, at every look."""
    while True:
        for hours in (0, -1, 0, 1):
            yield datetime.now(UTC) + timedelta(hours=hours)


def drain(source: KafkaSource, ingester: Ingester) -> None:
    """Land what there is, until three polls bring nothing."""
    quiet = 0
    while quiet < 3:
        polls = source.poll(0.5)
        quiet = 0 if polls else quiet + 1
        for poll in polls:
            ingester.ingest(poll)
