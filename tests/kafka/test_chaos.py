"""Exactly once, under fire: whatever is unplugged, the log holds each published reading once, with its value.

Every case runs on the real broker, over both client libraries and both kinds of log at the same time, each combination
a city of its own that reads the same topic; TWIN_LONG=1 kills a hundred times.
"""

from __future__ import annotations

import os
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest

from deploy.kafka.broker import Broker
from events.kafka.source import Adapter
from replay.city import City
from tests.kafka.conftest import Fed, at_once, ingesting, make_topic, send, twin
from tests.kafka.published import assert_holds_exactly, duplicates, landed, packs
from tests.kafka.unplugged import disconnected, locked

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

KILLS = 25 if os.environ.get("TWIN_LONG") == "1" else 5
"""For each library and each kind of log: 100, or 20, in all."""

TURNS = 150
"""Messages published before each kill, 20 readings in each."""


@pytest.mark.timeout(1200)
def test_killed_at_any_moment_nothing_is_lost_and_nothing_doubled(kafka: Broker, cities: list[Fed]) -> None:
    chance = random.Random(KILLS)
    make_topic(kafka, "city.senml", 2)
    for kill in range(KILLS):
        send(kafka, {"city.senml": packs(range(kill * TURNS, (kill + 1) * TURNS))})
        at_once(killed, [kafka] * len(cities), cities, [chance.uniform(0, 1.5) for _ in cities])
    at_once(finish, [kafka] * len(cities), cities)
    for fed in cities:
        assert_holds_exactly(fed.place, range(KILLS * TURNS))
        assert duplicates(fed.place) == 0


def test_a_broker_that_goes_and_comes_back_loses_nothing(kafka: Broker, cities: list[Fed]) -> None:
    with running(kafka, cities):
        send(kafka, {"city.senml": packs(range(50))})
        wait_for(cities, 20)
        kafka.restart()
        send(kafka, {"city.senml": packs(range(50, 100))})
        kafka.kill()
        kafka.start()
        send(kafka, {"city.senml": packs(range(100, 150))})
        wait_for(cities, 150 * 20)
    for fed in cities:
        assert_holds_exactly(fed.place, range(150))


def test_a_log_that_another_holds_is_waited_for(kafka: Broker, cities: list[Fed]) -> None:
    with running(kafka, cities):
        send(kafka, {"city.senml": packs(range(20))})
        wait_for(cities, 20 * 20)
        with ExitStack() as held:
            for fed in cities:
                held.enter_context(locked(fed.place))
            send(kafka, {"city.senml": packs(range(20, 120))})
            time.sleep(3)
        wait_for(cities, 120 * 20)
    for fed in cities:
        assert_holds_exactly(fed.place, range(120))


def test_a_database_server_that_drops_its_connections_loses_nothing(kafka: Broker, server_cities: list[Fed]) -> None:
    make_topic(kafka, "city.senml", 2)
    with running(kafka, server_cities):
        for turn in range(8):
            send(kafka, {"city.senml": packs(range(turn * 40, turn * 40 + 40))})
            for fed in server_cities:
                disconnected(fed.place)
        wait_for(server_cities, 320 * 20)
    for fed in server_cities:
        assert_holds_exactly(fed.place, range(320))


def test_ingesters_that_join_and_leave_in_mid_batch_are_fenced_by_the_log(kafka: Broker, cities: list[Fed]) -> None:
    of_either_log = [fed for fed in cities if fed.adapter is Adapter.PYTHON]
    make_topic(kafka, "city.senml", 3)
    chance = random.Random(4)
    publisher = threading.Thread(target=publish_slowly, args=(kafka, 600))
    publisher.start()
    with running(kafka, of_either_log):
        for adapter in (*Adapter, *Adapter):
            pause_s, leaves = chance.uniform(0.5, 2), (killed if chance.random() < 0.5 else stopped)
            joining = [Fed(fed.place, adapter) for fed in of_either_log]
            at_once(leaves, [kafka] * len(joining), joining, [pause_s] * len(joining))
        publisher.join()
    for fed in of_either_log:
        finish(kafka, Fed(fed.place, Adapter.CONFLUENT))
        assert_holds_exactly(fed.place, range(600))


def test_ingesters_that_share_the_partitions_land_everything_once(kafka: Broker, cities: list[Fed]) -> None:
    places = [fed.place for fed in cities if fed.adapter is Adapter.PYTHON]
    make_topic(kafka, "city.senml", 4)
    for at in range(0, 400, 20):  # a key a batch: all partitions get some
        send(kafka, {"city.senml": packs(range(at, at + 20))}, key=str(at).encode())
    all_of_them = [
        ingesting(kafka.address, place, "--until-idle", "--share", share, "--adapter", adapter)
        for place in places
        for share, adapter in (("1/2", Adapter.PYTHON), ("2/2", Adapter.CONFLUENT))
    ]
    assert [process.wait(timeout=120) for process in all_of_them] == [0, 0, 0, 0]
    for place in places:
        assert_holds_exactly(place, range(400))
        assert duplicates(place) == 0
        assert len(twin("status", "--city", place.directory)["sources"]) == 4


def test_what_is_published_twice_is_landed_once_and_counted(kafka: Broker, file_cities: list[Fed]) -> None:
    for _ in range(2):
        send(kafka, {"city.senml": packs(range(100))})
        at_once(finish, [kafka, kafka], file_cities)
    for fed in file_cities:
        assert_holds_exactly(fed.place, range(100))
        assert duplicates(fed.place) == 100 * 20


def test_offsets_that_an_operator_resets_on_the_broker_change_nothing(kafka: Broker, file_cities: list[Fed]) -> None:
    send(kafka, {"city.senml": packs(range(60))})
    at_once(finish, [kafka, kafka], file_cities)
    for offset in (0, 55):
        reset(kafka, offset)
        at_once(finish, [kafka, kafka], file_cities)
    send(kafka, {"city.senml": packs(range(60, 80))})
    at_once(finish, [kafka, kafka], file_cities)
    for fed in file_cities:
        assert_holds_exactly(fed.place, range(80))
        assert duplicates(fed.place) == 0


def finish(kafka: Broker, fed: Fed) -> None:
    """Land what is left."""
    words = ("ingest", "--kafka", kafka.address, "--city", fed.place.directory, "--until-idle")
    twin(*words, "--adapter", fed.adapter)


def killed(kafka: Broker, fed: Fed, pause_s: float) -> None:
    """An ingester that reads for a moment, and is killed in whatever it is doing."""
    process = ingesting(kafka.address, fed.place, "--adapter", fed.adapter)
    time.sleep(pause_s)
    process.kill()
    process.wait()


def stopped(kafka: Broker, fed: Fed, pause_s: float) -> None:
    """An ingester that reads for a moment, and ends in good order."""
    with running(kafka, [fed]):
        time.sleep(pause_s)


@contextmanager
def running(kafka: Broker, cities: Sequence[Fed]) -> Iterator[None]:
    """An ingester for each city that runs meanwhile, and ends in good order."""
    begun = at_once(lambda fed: ingesting(kafka.address, fed.place, "--adapter", fed.adapter), cities)
    try:
        yield
    finally:
        ended(begun)


def ended(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """All of them told to end, and gone."""
    for process in processes:
        process.terminate()
    codes = [process.wait(timeout=60) for process in processes]
    assert set(codes) == {0}, "SIGTERM ends it in good order"


def reset(kafka: Broker, offset: int) -> None:
    """What the broker keeps of our group, set by an operator."""
    from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition

    operator = KafkaConsumer(bootstrap_servers=kafka.address, group_id="twin", enable_auto_commit=False)
    operator.assign([TopicPartition("city.senml", 0)])
    operator.commit({TopicPartition("city.senml", 0): OffsetAndMetadata(offset, "", -1)})
    operator.close()


def wait_for(cities: Sequence[Fed], readings: int) -> None:
    """Until each city has at least so many readings."""
    for fed in cities:
        with City.open(fed.place.directory) as city:
            wait_until(partial(_has, city, readings))


def _has(city: City, readings: int) -> bool:
    return landed(city) >= readings


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
