"""What an operator does to a running ingester, and what a broken publisher does to the city: counts agree after it."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time

import pytest

from deploy.kafka.broker import Broker
from replay.city import City
from tests.kafka.conftest import CLI, Raw, send, twin
from twin.place import Place
from twin.verify import verify

pytestmark = pytest.mark.kafka

START = 1_767_225_600
"""2026-01-01T00:00:00Z."""


def reading(at: int) -> bytes:
    """One reading of one meter."""
    return f'[{{"n":"urn:dev:ser:E0001:1-0:1.8.0","u":"kWh","t":{START + at},"v":{at}}}]'.encode()


def test_a_flood_is_counted_whole_and_the_log_stays_small(kafka: Broker, place: Place) -> None:
    chance = random.Random(7)
    bad: list[Raw] = [(b"[" + chance.randbytes(20_000), []) for _ in range(1500)]
    messages = [message for at, one in enumerate(bad) for message in ((reading(at), []), one)]
    send(kafka, {"city.senml": messages})
    answer = twin(
        "ingest",
        "--kafka",
        kafka.address,
        "--city",
        place.directory,
        "--until-idle",
        "--quarantine-mb-per-hour",
        1,
        code=1,
    )
    assert (answer["rows"]["readings"], answer["quarantined"]) == (1500, 1500)
    listed = twin("quarantine", "list", "--city", place.directory, "--limit", 5000)
    assert listed["quarantined"] == sum(listed["reasons"].values()) == 1500
    kept = [entry for entry in listed["entries"] if entry["kept"]]
    assert 10 < len(kept) < 60, "a megabyte of twenty thousand bytes each"
    size = sum(file.stat().st_size for file in place.directory.glob("log.sqlite*"))
    assert size < 6_000_000, "thirty megabytes were refused"
    with place.log() as log:
        assert verify(log).problems == ()
    with City.open(place.directory) as city:
        (source,) = city.ledger.sources.values()
        assert (source.rows, source.refused, city.ledger.quarantined) == (1500, 1500, 1500)


def test_stopped_and_started_again_and_again_an_ingester_loses_and_doubles_nothing(kafka: Broker, place: Place) -> None:
    count = send(kafka, {"city.senml": [(reading(at), []) for at in range(30_000)]})
    command = [*CLI, "ingest", "--kafka", kafka.address, "--city", str(place.directory), "--json"]
    landed = 0
    for number, pause in ((signal.SIGTERM, 2.0), (signal.SIGINT, 2.5), (signal.SIGTERM, 3.0)):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(pause)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, "Traceback" in err) in ((0, False), (-number, False)), err
        landed += sum(json.loads(out)["rows"].values()) if out else 0
    rest = twin("ingest", "--kafka", kafka.address, "--city", place.directory, "--until-idle")
    assert (landed + sum(rest["rows"].values()), rest["duplicates"]) == (count, 0)
    assert twin("status", "--city", place.directory, "--kafka", kafka.address)["lag"] == 0


def test_a_topic_of_another_name_is_read_when_it_is_named(kafka: Broker, place: Place) -> None:
    headers = [("ce_type", b"tw.taipei.twin.meter.reading_batch.v1"), ("content-type", b"application/senml+json")]
    send(kafka, {"house.meters": [(reading(at), headers) for at in range(9)]})
    words = ("ingest", "--kafka", kafka.address, "--city", place.directory, "--until-idle")
    assert sum(twin(*words)["rows"].values()) == 0
    assert twin(*words, "--topic", "house.meters")["rows"]["readings"] == 9
