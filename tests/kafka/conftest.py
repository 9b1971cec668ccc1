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
from twin.place import Place, init

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


def twin(*words: object, code: int = 0) -> dict[str, Any]:
    """The JSON answer of a `twin` command that ends with `code`."""
    run = subprocess.run([*CLI, *map(str, words), "--json"], capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == code, run.stderr
    assert "Traceback" not in run.stderr
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def ingesting(broker: Broker, place: Place, *words: str) -> subprocess.Popen[bytes]:
    """A `twin ingest` process."""
    command = [*CLI, "ingest", "--kafka", broker.address, "--city", str(place.directory), *words]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def send(broker: Broker, messages: Mapping[str, list[Raw]]) -> int:
    """Raw messages (value, headers) by topic, whatever they hold; how many."""
    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers=broker.address, linger_ms=20)
    for topic, some in messages.items():
        for value, headers in some:
            producer.send(topic, value=value, key=b"key", headers=headers)
    producer.flush()
    producer.close()
    return sum(map(len, messages.values()))
