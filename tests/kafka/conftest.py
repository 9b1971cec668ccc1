"""A broker of one's own, a city, and the command line as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy.kafka.broker import Broker
from deploy.kafka.cluster import Cluster
from twin.place import CityFile, Place, init

Raw = tuple[bytes | None, list[tuple[str, bytes]]]
"""A message as it is on the wire: value and headers."""

CLI = [sys.executable, "-m", "views.cli"]


@pytest.fixture
def kafka(broker_factory: Callable[[], Broker]) -> Iterator[Broker]:
    """A running broker that nobody else uses: its topics are the test's own."""
    broker = broker_factory()
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty city."""
    return init(tmp_path / "city")


@pytest.fixture(params=["sqlite", "postgres"])
def either_place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty city whose log is a file, and one whose log is a database on a server."""
    if request.param == "sqlite":
        return init(tmp_path / "city")
    return init(tmp_path / "city", CityFile(log=request.getfixturevalue("postgres_dsn")))


@pytest.fixture
def postgres_place(postgres_dsn: str, tmp_path: Path) -> Place:
    """An empty city whose log is a database on a server."""
    return init(tmp_path / "city", CityFile(log=postgres_dsn))


def twin(*words: object, code: int = 0) -> dict[str, Any]:
    """The JSON answer of a `twin` command that ends with `code`."""
    run = subprocess.run([*CLI, *map(str, words), "--json"], capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == code, run.stderr
    assert "Traceback" not in run.stderr
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def ingesting(address: str, place: Place, *words: str) -> subprocess.Popen[bytes]:
    """A `twin ingest` process."""
    command = [*CLI, "ingest", "--kafka", address, "--city", str(place.directory), *words]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def send(broker: Broker | Cluster, messages: Mapping[str, list[Raw]], key: bytes = b"key") -> int:
    """Raw messages (value, headers) by topic, whatever they hold; how many, each acknowledged."""
    from kafka import KafkaProducer

    address = broker.addresses if isinstance(broker, Cluster) else broker.address
    producer = KafkaProducer(bootstrap_servers=address, linger_ms=20, delivery_timeout_ms=120_000)
    sent = [
        producer.send(topic, value=value, key=key, headers=headers)
        for topic, some in messages.items()
        for value, headers in some
    ]
    producer.flush()
    for one in sent:
        one.get(timeout=60)
    producer.close()
    return len(sent)


def make_topic(broker: Broker | Cluster, topic: str, partitions: int, **configs: str) -> None:
    """A topic with as many partitions, and with these settings."""
    from kafka import KafkaAdminClient

    address = broker.addresses if isinstance(broker, Cluster) else broker.address
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics({topic: {"num_partitions": partitions, "configs": configs}}, wait_for_metadata=True)
    admin.close()
