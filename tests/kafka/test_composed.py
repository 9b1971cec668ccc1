"""The composed city without containers: every service's own command line, run beside a real broker and database."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.kafka.broker import Broker, free_ports
from replay.city import City
from tests.house.checkout import CHECKOUT
from tests.kafka.conftest import make_topic, send
from tests.kafka.published import assert_holds_exactly, landed, packs
from twin.place import Place

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SERVERS = "kafka-1:9092,kafka-2:9092,kafka-3:9092"
DATABASE = "postgresql://twin@postgres:5432/twin"
METRICS, APP = "127.0.0.1:9464", "8501"
TURNS = 40


@pytest.mark.timeout(300)
def test_the_composed_services_run_as_they_are_written_and_land_everything_once(
    kafka: Broker, postgres_dsn: str, tmp_path: Path
) -> None:
    composed = yaml.safe_load((CHECKOUT / "deploy" / "compose.yaml").read_text("utf-8"))["services"]
    first, second, app = free_ports(3)
    here = {SERVERS: kafka.address, DATABASE: postgres_dsn, "/city": str(tmp_path / "city")}
    place = Place(tmp_path / "city")
    make_topic(kafka, "city.senml", 4)
    # Given the city that the first service makes
    assert subprocess.run(words(composed["city"], here), env=environment(composed["city"], place)).returncode == 0
    # When the others run, each as its container would
    with (
        running(composed["ingester-1"], here | {METRICS: f"127.0.0.1:{first}"}, place),
        running(composed["ingester-2"], here | {METRICS: f"127.0.0.1:{second}"}, place),
        running(composed["projector"], here, place),
        running(composed["app"], {**here, "0.0.0.0": "127.0.0.1"}, place, "--port", str(app)),
    ):
        for turn in range(TURNS):  # a key a message: all partitions get some
            send(kafka, {"city.senml": packs(range(turn, turn + 1))}, key=str(turn).encode())
        # Then every health check is content, and everything is seen
        until(lambda: healthy(composed["ingester-1"], METRICS, f"127.0.0.1:{first}"))
        until(lambda: healthy(composed["ingester-2"], METRICS, f"127.0.0.1:{second}"))
        until(lambda: healthy(composed["app"], f"127.0.0.1:{APP}", f"127.0.0.1:{app}"))
        with City.open(place.directory) as city:
            until(lambda: landed(city) == TURNS * 20)
    assert_holds_exactly(place, range(TURNS))


def words(service: Mapping[str, Any], here: Mapping[str, str]) -> list[str]:
    """A service's command line with the addresses that are here in the place of the composed ones."""
    return [sys.executable, "-m", "views.cli", *(here.get(word, word) for word in service["command"])]


def environment(service: Mapping[str, Any], place: Place) -> dict[str, str]:
    """What a service is told, as in its image; the password is one that the local database does not ask for."""
    told = {name: str(value) for name, value in service["environment"].items() if not str(value).startswith("${")}
    return {**os.environ, **told, "TWIN_CITY": str(place.directory)}


@contextmanager
def running(service: Mapping[str, Any], here: Mapping[str, str], place: Place, *more: str) -> Iterator[None]:
    """A service that runs meanwhile, and ends in good order when its container is stopped."""
    process = subprocess.Popen([*words(service, here), *more], env=environment(service, place), cwd=CHECKOUT)
    try:
        yield
        assert process.poll() is None, "it runs"
    finally:
        process.terminate()
        code = process.wait(timeout=60)
    assert code == 0, f"{service['command']} ends in good order"


def healthy(service: Mapping[str, Any], composed: str, here: str) -> bool:
    """What a service's health check says, asked at the address that is here."""
    kind, *command = service["healthcheck"]["test"]
    assert kind == "CMD" and composed in command[-1]
    program, flag, script = command
    assert (program, flag) == ("python", "-c")
    return subprocess.run([sys.executable, flag, script.replace(composed, here)], capture_output=True).returncode == 0


def until(there: Callable[[], bool], at_most_s: float = 120) -> None:
    """Until it is there; an error when it never is."""
    end = time.monotonic() + at_most_s
    while not there():
        assert time.monotonic() < end
        time.sleep(0.2)
