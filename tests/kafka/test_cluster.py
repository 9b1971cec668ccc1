"""Three brokers, a PostgreSQL or SQLite log, two ingesters: one broker is killed, and every reading lands once."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from kafka import KafkaProducer

from deploy.kafka.broker import Broker
from deploy.kafka.cluster import Cluster
from events.kafka.source import Adapter
from tests.kafka.conftest import ingesting, make_topic, twin
from tests.kafka.published import assert_holds_exactly, packs
from tests.kafka.test_chaos import wait_for
from twin.place import Place

PARTITIONS, AT_ONCE, METERS = 4, 10, 20
TOPIC = "city.senml"


@pytest.fixture
def cluster(broker_parts: Path, tmp_path: Path) -> Iterator[Cluster]:
    """Three running brokers with the topic on all of them."""
    with Cluster(tmp_path / "kafka") as cluster:
        make_topic(cluster, TOPIC, PARTITIONS)
        yield cluster


@pytest.mark.timeout(600)
def test_one_of_three_brokers_killed_loses_nothing_and_doubles_nothing(cluster: Cluster, either_place: Place) -> None:
    killed: Broker = cluster.brokers[0]
    with _ingesters(cluster, either_place):
        _publish(cluster, range(60))
        wait_for(either_place, 20 * METERS)
        killed.kill()
        _publish(cluster, range(60, 140))
        killed.start()
        _publish(cluster, range(140, 180))
        wait_for(either_place, 180 * METERS)
    twin("ingest", "--kafka", cluster.addresses, "--city", either_place.directory, "--until-idle")

    assert_holds_exactly(either_place, range(180))


@contextmanager
def _ingesters(cluster: Cluster, place: Place) -> Iterator[None]:
    """Two ingesters that share the partitions, one with each client library."""
    with ExitStack() as both:
        for share, adapter in (("1/2", Adapter.PYTHON), ("2/2", Adapter.CONFLUENT)):
            process = ingesting(cluster.addresses, place, "--share", share, "--adapter", adapter)
            both.callback(_ended, process)
        yield


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    assert process.wait(timeout=60) == 0, "SIGTERM ends it in good order"


def _publish(cluster: Cluster, turns: range) -> None:
    """Packs acknowledged by two brokers of three, over some seconds; a key a batch, so that all partitions get some."""
    producer = KafkaProducer(bootstrap_servers=cluster.addresses, acks="all", enable_idempotence=True, linger_ms=5)
    for at in range(turns.start, turns.stop, AT_ONCE):
        sent = [
            producer.send(TOPIC, value=value, key=str(at).encode(), headers=headers)
            for value, headers in packs(range(at, at + AT_ONCE))
        ]
        for one in sent:
            one.get(timeout=60)
        time.sleep(0.2)
    producer.close()
