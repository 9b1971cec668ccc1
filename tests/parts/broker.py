"""A real Kafka broker, from Maven Central's jars on the machine's Java."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.kafka.broker import Broker
from deploy.kafka.jars import BrokerError, jars, java
from tests.parts.required import need


def _missing_for_a_broker() -> str | None:
    try:
        java()
        jars()
    except BrokerError as error:
        return str(error)
    return None


@pytest.fixture(scope="session")
def broker_parts() -> None:
    """Java and Kafka's jars are there."""
    missing = _missing_for_a_broker()
    need(True if missing is None else None, "the broker", str(missing))


@pytest.fixture(scope="session")
def broker(broker_parts: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One running broker for the whole session, on a port of its own: give topics names of your own."""
    with Broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture(scope="session")
def mortal_broker(broker_parts: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Another one, for tests that stop and kill it; each leaves it running and empty (`tests.kafka.conftest.kafka`)."""
    with Broker(tmp_path_factory.mktemp("mortal")) as running:
        yield running


@pytest.fixture
def broker_factory(broker_parts: None, tmp_path: Path) -> Iterator[Callable[[], Broker]]:
    """Makes brokers that are not started yet, to be stopped, killed and restarted at will; all end with the test."""
    made: list[Broker] = []

    def make() -> Broker:
        made.append(Broker(tmp_path / f"broker-{len(made)}"))
        return made[-1]

    yield make
    for one in made:
        one.kill()
