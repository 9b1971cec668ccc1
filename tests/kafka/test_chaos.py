"""Exactly once, under fire: whatever is unplugged, the log holds each published reading once, with its value.

Every case runs on the real broker, over both client libraries and both kinds of log; TWIN_LONG=1 kills a hundred times.
"""

from __future__ import annotations

import os
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from deploy.kafka.broker import Broker
from events.kafka.source import Adapter
from replay.city import City
from tests.kafka.conftest import ingesting, make_topic, send, twin
from tests.kafka.published import assert_holds_exactly, duplicates, landed, packs
from tests.kafka.unplugged import disconnected, locked
from twin.place import Place

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

KILLS = 25 if os.environ.get("TWIN_LONG") == "1" else 5
"""For each library and each kind of log: 100, or 20, in all."""

TURNS = 150
"""Messages published before each kill, 20 readings in each."""


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("adapter", Adapter)
def test_killed_at_any_moment_nothing_is_lost_and_nothing_doubled(
    kafka: Broker, either_place: Place, adapter: Adapter
) -> None:
    chance = random.Random(KILLS)
    make_topic(kafka, "city.senml", 2)
    for kill in range(KILLS):
        send(kafka, {"city.senml": packs(range(kill * TURNS, (kill + 1) * TURNS))})
        process = ingesting(kafka.address, either_place, "--adapter", adapter)
        time.sleep(chance.uniform(0.8, 3.0))
        process.kill()
        process.wait()
    finish(kafka, either_place, adapter)
    assert_holds_exactly(either_place, range(KILLS * TURNS))
    assert duplicates(either_place) == 0


@pytest.mark.parametrize("adapter", Adapter)
def test_a_broker_that_goes_and_comes_back_loses_nothing(kafka: Broker, either_place: Place, adapter: Adapter) -> None:
    with running(kafka, either_place, adapter):
        send(kafka, {"city.senml": packs(range(50))})
        wait_for(either_place, 20)
        kafka.restart()
        send(kafka, {"city.senml": packs(range(50, 100))})
        kafka.kill()
        kafka.start()
        send(kafka, {"city.senml": packs(range(100, 150))})
        wait_for(either_place, 150 * 20)
    assert_holds_exactly(either_place, range(150))


@pytest.mark.parametrize("adapter", Adapter)
def test_a_log_that_another_holds_is_waited_for(kafka: Broker, either_place: Place, adapter: Adapter) -> None:
    with running(kafka, either_place, adapter):
        send(kafka, {"city.senml": packs(range(20))})
        wait_for(either_place, 20 * 20)
        with locked(either_place):
            send(kafka, {"city.senml": packs(range(20, 120))})
            time.sleep(3)
        wait_for(either_place, 120 * 20)
    assert_holds_exactly(either_place, range(120))


@pytest.mark.parametrize("adapter", Adapter)
def test_a_database_server_that_drops_its_connections_loses_nothing(
    kafka: Broker, postgres_place: Place, adapter: Adapter
) -> None:
    make_topic(kafka, "city.senml", 2)
    with running(kafka, postgres_place, adapter):
        for turn in range(8):
            send(kafka, {"city.senml": packs(range(turn * 40, turn * 40 + 40))})
            disconnected(postgres_place)
        wait_for(postgres_place, 320 * 20)
    assert_holds_exactly(postgres_place, range(320))


def test_ingesters_that_join_and_leave_in_mid_batch_are_fenced_by_the_log(kafka: Broker, either_place: Place) -> None:
    make_topic(kafka, "city.senml", 3)
    chance = random.Random(4)
    publisher = threading.Thread(target=publish_slowly, args=(kafka, 600))
    publisher.start()
    with running(kafka, either_place, Adapter.PYTHON):
        for adapter in (*Adapter, *Adapter):
            joined = ingesting(kafka.address, either_place, "--adapter", adapter)
            time.sleep(chance.uniform(1.5, 3.5))
            (joined.kill if chance.random() < 0.5 else joined.terminate)()
            joined.wait()
        publisher.join()
    finish(kafka, either_place, Adapter.CONFLUENT)
    assert_holds_exactly(either_place, range(600))


def test_ingesters_that_share_the_partitions_land_everything_once(kafka: Broker, either_place: Place) -> None:
    make_topic(kafka, "city.senml", 4)
    for at in range(0, 400, 20):  # a key a batch: all partitions get some
        send(kafka, {"city.senml": packs(range(at, at + 20))}, key=str(at).encode())
    both = [
        ingesting(kafka.address, either_place, "--until-idle", "--share", share, "--adapter", adapter)
        for share, adapter in (("1/2", Adapter.PYTHON), ("2/2", Adapter.CONFLUENT))
    ]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    assert_holds_exactly(either_place, range(400))
    assert duplicates(either_place) == 0
    assert len(twin("status", "--city", either_place.directory)["sources"]) == 4


@pytest.mark.parametrize("adapter", Adapter)
def test_what_is_published_twice_is_landed_once_and_counted(kafka: Broker, place: Place, adapter: Adapter) -> None:
    for _ in range(2):
        send(kafka, {"city.senml": packs(range(100))})
        finish(kafka, place, adapter)
    assert_holds_exactly(place, range(100))
    assert duplicates(place) == 100 * 20


@pytest.mark.parametrize("adapter", Adapter)
def test_offsets_that_an_operator_resets_on_the_broker_change_nothing(
    kafka: Broker, place: Place, adapter: Adapter
) -> None:
    from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition

    send(kafka, {"city.senml": packs(range(60))})
    finish(kafka, place, adapter)
    for offset in (0, 55):
        operator = KafkaConsumer(bootstrap_servers=kafka.address, group_id="twin", enable_auto_commit=False)
        operator.assign([TopicPartition("city.senml", 0)])
        operator.commit({TopicPartition("city.senml", 0): OffsetAndMetadata(offset, "", -1)})
        operator.close()
        finish(kafka, place, adapter)
    send(kafka, {"city.senml": packs(range(60, 80))})
    finish(kafka, place, adapter)
    assert_holds_exactly(place, range(80))
    assert duplicates(place) == 0


def finish(kafka: Broker, place: Place, adapter: Adapter) -> None:
    """Land what is left."""
    twin("ingest", "--kafka", kafka.address, "--city", place.directory, "--until-idle", "--adapter", adapter)


@contextmanager
def running(kafka: Broker, place: Place, adapter: Adapter) -> Iterator[subprocess.Popen[bytes]]:
    """An ingester that runs meanwhile, and ends in good order."""
    process = ingesting(kafka.address, place, "--adapter", adapter)
    try:
        yield process
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0, "SIGTERM ends it in good order"


def wait_for(place: Place, readings: int) -> None:
    """Until the city has at least so many readings."""
    with City.open(place.directory) as city:
        wait_until(lambda: landed(city) >= readings)


def wait_until(there: Callable[[], bool], at_most_s: float = 120) -> None:
    """Until it is there; the assertions that follow say what was missing."""
    end = time.monotonic() + at_most_s
    while not there() and time.monotonic() < end:
        time.sleep(0.2)


def publish_slowly(kafka: Broker, turns: int) -> None:
    """Messages of `turns` quarters of an hour, over about ten seconds."""
    for at in range(0, turns, 30):
        send(kafka, {"city.senml": packs(range(at, at + 30))}, key=str(at).encode())
        time.sleep(0.4)
