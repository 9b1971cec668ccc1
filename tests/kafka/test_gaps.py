"""Offsets that nobody can read any more: never silence; and a clock that somebody steps."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from deploy.kafka.broker import Broker
from events.ingest import Ingester
from events.kafka.source import Adapter, KafkaSource
from events.quarantine import GAP, Refusal, quarantined
from replay.city import City
from replay.incidents import incidents
from tests.kafka.conftest import make_topic, send
from tests.kafka.published import assert_holds_exactly, packs
from twin.place import Place

pytestmark = pytest.mark.kafka

SEGMENT_S = 0.5
COMPACTED = {
    "cleanup.policy": "compact",
    "segment.ms": "200",
    "min.cleanable.dirty.ratio": "0.001",
    "max.compaction.lag.ms": "1",
}


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
    assert gap.refusal == Refusal(0, GAP, gap.refusal.reason, gap.refusal.payload)
    assert_holds_exactly(place, range(45, 60), quarantined=1)


@pytest.mark.parametrize("adapter", Adapter)
def test_what_a_topic_compacts_away_before_it_is_read_is_a_gap_in_the_log(
    kafka: Broker, place: Place, adapter: Adapter
) -> None:
    """Given readings under one key, of which the broker keeps the last of every closed segment."""
    make_topic(kafka, "city.senml", 1, **COMPACTED)
    send(kafka, {"city.senml": packs(range(30))})
    time.sleep(SEGMENT_S)
    send(kafka, {"city.senml": packs(range(30, 40))})
    left = until_compacted(kafka, "city.senml", below=29)
    with place.log() as log:
        ingester = Ingester(log)
        source = KafkaSource(kafka.address, ingester.tracked, adapter=adapter)
        drain(source, ingester)
        source.close()
        gaps = [msgspec.json.decode(entry.refusal.payload) for entry in quarantined(log)]
    lost = [offset for gap in gaps for offset in range(gap["first"], gap["last"] + 1)]
    assert sorted([*lost, *left]) == list(range(40))
    assert_holds_exactly(place, left, quarantined=len(gaps))
    with City.open(place.directory) as city:
        span = city.span()
        assert span is not None
        told = incidents(city, span[0], datetime.now(UTC)).filter(kind="offsets_lost")
    assert told["count"].sum() == len(lost) >= 29


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


def until_compacted(broker: Broker, topic: str, below: int) -> list[int]:
    """Offsets that are left of a topic once the broker has cleaned away those `below`."""
    from kafka import KafkaConsumer, TopicPartition

    ends = time.monotonic() + 120
    while time.monotonic() < ends:
        consumer = KafkaConsumer(bootstrap_servers=broker.address)
        consumer.assign([TopicPartition(topic, 0)])
        consumer.seek_to_beginning()
        found: list[int] = []
        while not found or found[-1] < 39:
            found += [record.offset for some in consumer.poll(1000).values() for record in some]
        consumer.close()
        if found[0] >= below:
            return found
        time.sleep(0.5)
    raise AssertionError(f"{topic} was not compacted: {len(found)} records are left")


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
