"""A broker of one's own, a city, and the command line as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from deploy.kafka.broker import Broker
from deploy.kafka.cluster import Cluster
from events.kafka.source import Adapter
from tests.parts.postgres import new_database
from twin.place import CityFile, Place, init

Raw = tuple[bytes | None, list[tuple[str, bytes]]]
"""A message as it is on the wire: value and headers."""

T = TypeVar("T")

CLI = [sys.executable, "-m", "views.cli"]


@pytest.fixture
def kafka(mortal_broker: Broker) -> Iterator[Broker]:
    """A running broker without topics, to be stopped and killed at will: what the test makes goes with it."""
    yield mortal_broker
    mortal_broker.start()
    without_topics(mortal_broker)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty city."""
    return init(tmp_path / "city")


@dataclass(frozen=True)
class Fed:
    """A city, and the client library that feeds it."""

    place: Place
    adapter: Adapter


@pytest.fixture
def file_cities(tmp_path: Path) -> list[Fed]:
    """Empty cities whose log is a file, one for either client library."""
    return [Fed(init(tmp_path / f"sqlite-{adapter}"), adapter) for adapter in Adapter]


@pytest.fixture
def server_cities(postgres_server: str, tmp_path: Path) -> list[Fed]:
    """Empty cities whose log is a database on a server, one for either client library."""
    return [
        Fed(init(tmp_path / f"postgres-{adapter}", CityFile(log=new_database(postgres_server))), adapter)
        for adapter in Adapter
    ]


@pytest.fixture
def cities(file_cities: list[Fed], server_cities: list[Fed]) -> list[Fed]:
    """Empty cities of either kind of log, by either library: what happens to the broker happens to all of them."""
    return file_cities + server_cities


def at_once(work: Callable[..., T], *arguments: Iterable[Any]) -> list[T]:
    """As `map`, all calls at the same time; the first error is raised."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(work, *arguments))


def twin(*words: object, code: int = 0) -> dict[str, Any]:
    """The JSON answer of a `twin` command that ends with `code`."""
    run = subprocess.run([*CLI, *map(str, words), "--json"], capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == code, run.stderr
    assert "Traceback" not in run.stderr
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def ingesting(address: str, place: Place, *words: str) -> subprocess.Popen[bytes]:
    """A `twin ingest` process that is about to read."""
    command = [*CLI, "ingest", "--kafka", address, "--city", str(place.directory), *words]
    told = place.directory.parent / f"told-{uuid.uuid4().hex}.txt"
    with told.open("wb") as file:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=file)
    while b"reading" not in told.read_bytes():
        assert process.poll() is None, told.read_text("utf-8")
        time.sleep(0.02)
    return process


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


def without_topics(broker: Broker) -> None:
    """Take every topic away, and wait until all are gone."""
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    topics = [name for name in admin.list_topics() if not name.startswith("__")]
    if topics:
        admin.delete_topics(topics)
    end = time.monotonic() + 60
    while left := set(topics) & set(admin.list_topics()):
        assert time.monotonic() < end, f"still there: {left}"
        time.sleep(0.05)
    admin.close()
