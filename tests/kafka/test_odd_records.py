"""Records that a client library, a clock or a broker cannot take: told, and everything beside them goes on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from deploy.kafka.broker import Broker
from events.consume import consume
from events.errors import RecordRefusedError, UnreadableError
from events.feeds.registry import format_named
from events.ingest import Ingester
from events.kafka.aside import TRIED_AGAIN_S
from events.kafka.source import Adapter, KafkaSink, KafkaSource
from events.monitoring.health import Heartbeat
from tests.kafka.conftest import Fed, make_topic, send, twin
from tests.kafka.published import assert_holds_exactly, packs
from tests.kafka.test_gaps import COMPACTED, drain
from twin.place import Place

pytestmark = pytest.mark.kafka

CODECS = ("gzip", "snappy", "lz4", "zstd")


def produced(broker: Broker, turns: range, *, partition: int = 0, **settings: Any) -> None:
    """Readings by librdkafka, which has every codec and does not ask the time."""
    producer = Producer({"bootstrap.servers": broker.address, **settings})
    for value, _ in packs(turns):
        producer.produce("city.senml", value, partition=partition)
    producer.flush()


def test_batches_of_every_codec_land_by_either_library(kafka: Broker, file_cities: list[Fed]) -> None:
    for number, codec in enumerate(CODECS):
        produced(kafka, range(number * 10, number * 10 + 10), **compressed(codec))
    for fed in file_cities:
        landed(kafka, fed)
        assert_holds_exactly(fed.place, range(40))


def test_a_batch_that_cannot_be_read_is_told_and_the_other_partitions_go_on(
    kafka: Broker, file_cities: list[Fed]
) -> None:
    """Given five readings in each of two partitions, and a batch of the second damaged on the broker's disk."""
    make_topic(kafka, "city.senml", 2)
    produced(kafka, range(5), partition=0)
    produced(kafka, range(5, 10), partition=1)
    produced(kafka, range(10, 15), partition=1, **compressed("lz4"))
    kafka.stop()
    (segment,) = kafka.data_dir.glob("topics/city.senml-1/*.log")
    damaged(segment)
    kafka.start()
    for fed in file_cities:
        health = Heartbeat()
        with pytest.raises(UnreadableError, match=r"city\.senml:1:.*cannot be read from offset 5 on"):
            landed(kafka, fed, health=health)
        assert_holds_exactly(fed.place, range(10))
        well, told = health.healthz()
        assert not well
        assert any("cannot be read" in reason for reason in told["reasons"])


def test_what_could_not_be_read_lands_once_its_codec_is_there(
    kafka: Broker, file_cities: list[Fed], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_topic(kafka, "city.senml", 2)
    produced(kafka, range(5), partition=0)
    produced(kafka, range(5, 10), partition=1, **compressed("lz4"))
    (fed,) = (one for one in file_cities if one.adapter == Adapter.PYTHON)
    steps = [0.0]
    with monkeypatch.context() as lacking, pytest.raises(UnreadableError, match="lz4"):
        lacking.setattr("kafka.codec.has_lz4", lambda: False)
        landed(kafka, fed)
    with fed.place.log() as log, monkeypatch.context() as lacking:
        ingester = Ingester(log)
        source = KafkaSource(kafka.address, ingester.tracked, adapter=fed.adapter, clock=stepped(steps))
        lacking.setattr("kafka.codec.has_lz4", lambda: False)
        drain(source, ingester)
        assert list(source.unread()) == [s for s in source.lags() if ":1:" in s]
        lacking.undo()
        drain(source, ingester)
        assert source.unread(), "tried again too early"
        steps[0] += TRIED_AGAIN_S + 1
        drain(source, ingester)
        assert source.unread() == {}
        source.close()
    assert_holds_exactly(fed.place, range(10))


def stepped(ahead_s: list[float]) -> Callable[[], datetime]:
    return lambda: datetime.now(UTC) + timedelta(seconds=ahead_s[0])


def test_a_record_stamped_in_microseconds_stops_nobody(kafka: Broker, cities: list[Fed]) -> None:
    """As in the field (`kafka_timestamp_us`): one record of its own partition; and one that its time would date."""
    most = str(2**63 - 1)  # what brokers before 4.0 have by default
    limits = {"message.timestamp.after.max.ms": most, "message.timestamp.before.max.ms": most}
    make_topic(kafka, "city.senml", 2, **limits)
    produced(kafka, range(20), partition=0)
    producer = Producer({"bootstrap.servers": kafka.address})
    relative = b'[{"n":"urn:p","u":"kWh","t":-5,"v":2}]'
    for value in (packs([20])[0][0], relative):
        producer.produce("city.senml", value, partition=1, timestamp=time.time_ns() // 1000)
    producer.flush()
    for fed in cities:
        words = ("ingest", "--kafka", kafka.address, "--adapter", fed.adapter, "--until-idle")
        twin(*words, "--city", fed.place.directory, code=1)
        twin(*words, "--city", fed.place.directory)
        assert_holds_exactly(fed.place, range(21), quarantined=1)


def test_a_document_too_large_for_its_topic_is_refused_with_its_size_and_the_next_ones_land(
    kafka: Broker, place: Place
) -> None:
    make_topic(kafka, "city.senml", 1, **{"max.message.bytes": "20000"})
    noise = b'[{"n":"urn:p","u":"kWh","t":1710201600,"v":1,"vd":"' + os.urandom(40_000).hex().encode() + b'"}]'
    form = format_named("senml")
    sink = KafkaSink(kafka.address)
    for turn in (0, 1):
        with pytest.raises(RecordRefusedError, match=r"of 80,0\d\d bytes .*limit .* is 20,000 bytes"):
            sink.publish(form, noise)
        for value, _ in packs(range(turn * 5, turn * 5 + 5)):
            assert value is not None
            assert sink.publish(form, value) == 1
    sink.close()
    landed(kafka, Fed(place, Adapter.PYTHON))
    assert_holds_exactly(place, range(10))


@pytest.mark.parametrize("adapter", Adapter)
def test_markers_of_transactions_and_tombstones_of_a_compacted_topic_are_no_loss(
    kafka: Broker, place: Place, adapter: Adapter
) -> None:
    """Given three transactions, the second of which was taken back, and a tombstone, in a compacted topic."""
    make_topic(kafka, "city.senml", 1, **{"cleanup.policy": COMPACTED["cleanup.policy"]})
    producer = Producer(
        {"bootstrap.servers": kafka.address, "transactional.id": f"gateway-{place.directory.parent.name}"}
    )
    producer.init_transactions()
    for number in range(3):
        producer.begin_transaction()
        for value, _ in packs(range(number * 4, number * 4 + 4)):
            producer.produce("city.senml", value, key=f"k{number}")
        if number == 1:
            producer.flush()
            producer.abort_transaction()
        else:
            producer.commit_transaction()
    send(kafka, {"city.senml": [(None, []), *packs(range(12, 14))]})
    landed(kafka, Fed(place, adapter))
    assert_holds_exactly(place, [*range(4), *range(8, 14)], quarantined=0)


def compressed(codec: str) -> dict[str, Any]:
    """Settings that make one batch of what is produced at once."""
    return {"compression.type": codec, "linger.ms": 50}


def landed(broker: Broker, fed: Fed, health: Heartbeat | None = None) -> None:
    """Land what there is by the ingester's own loop."""
    with fed.place.log() as log:
        ingester = Ingester(log)
        source = KafkaSource(broker.address, ingester.tracked, adapter=fed.adapter)
        try:
            consume(source, ingester, until_idle=True, watch=health)
        finally:
            source.close()


def damaged(segment: Path) -> None:
    """One bit of the last batch's records is flipped."""
    data = bytearray(segment.read_bytes())
    data[-20] ^= 1
    segment.write_bytes(data)
