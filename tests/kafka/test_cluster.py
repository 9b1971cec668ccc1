"""Three brokers, a PostgreSQL and a SQLite log, two ingesters each: a broker is killed, every reading lands once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from kafka import KafkaProducer

from deploy.kafka.broker import Broker
from deploy.kafka.cluster import Cluster
from events.kafka.source import Adapter
from tests.kafka.conftest import Fed, ingesting, make_topic, twin
from tests.kafka.published import assert_holds_exactly, packs
from tests.kafka.test_chaos import ended, wait_for

PARTITIONS, AT_ONCE, METERS = 4, 10, 20
TOPIC = "city.senml"


@pytest.fixture
def cluster(broker_parts: Path, tmp_path: Path) -> Iterator[Cluster]:
    """Three running brokers with the topic on all of them."""
    with Cluster(tmp_path / "kafka") as cluster:
        make_topic(cluster, TOPIC, PARTITIONS)
        yield cluster
        for broker in cluster.brokers:  # in good order each would wait for the others
            broker.kill()


@pytest.mark.timeout(600)
def test_one_of_three_brokers_killed_loses_nothing_and_doubles_nothing(cluster: Cluster, cities: list[Fed]) -> None:
    of_either_log = [fed for fed in cities if fed.adapter is Adapter.PYTHON]
    killed: Broker = cluster.brokers[0]
    with _ingesters(cluster, of_either_log):
        _publish(cluster, range(60))
        wait_for(of_either_log, 20 * METERS)
        killed.kill()
        _publish(cluster, range(60, 140))
        killed.start()
        _publish(cluster, range(140, 180))
        wait_for(of_either_log, 180 * METERS)
    for fed in of_either_log:
        twin("ingest", "--kafka", cluster.addresses, "--city", fed.place.directory, "--until-idle")
        assert_holds_exactly(fed.place, range(180))


@contextmanager
def _ingesters(cluster: Cluster, cities: Sequence[Fed]) -> Iterator[None]:
    """For each city two ingesters that share the partitions, one with each client library."""
    shares = [(fed.place, n, adapter) for fed in cities for n, adapter in enumerate(Adapter, 1)]
    begun = [ingesting(cluster.addresses, p, "--share", f"{n}/2", "--adapter", adapter) for p, n, adapter in shares]
    try:
        yield
    finally:
        ended(begun)


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
