"""What an operator does to a running ingester, and what a broken publisher does to the city: counts agree after it."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from datetime import UTC, datetime

import pytest

from deploy.kafka.broker import Broker
from events.ingest import Ingester, Landed
from events.kafka.source import KafkaSource
from events.source import Poll
from replay.city import City
from tests.kafka.conftest import CLI, Raw, make_topic, send, twin
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
    for number, pause in ((signal.SIGTERM, 0.5), (signal.SIGINT, 1.0), (signal.SIGTERM, 1.5)):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        assert any("reading" in line for line in process.stderr), "it began"
        time.sleep(pause)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        landed += sum(json.loads(out)["rows"].values())
    rest = twin("ingest", "--kafka", kafka.address, "--city", place.directory, "--until-idle")
    assert (landed + sum(rest["rows"].values()), rest["duplicates"]) == (count, 0)
    assert twin("status", "--city", place.directory, "--kafka", kafka.address)["lag"] == 0


def test_a_topic_of_another_name_is_read_when_it_is_named(kafka: Broker, place: Place) -> None:
    headers = [("ce_type", b"tw.taipei.twin.meter.reading_batch.v1"), ("content-type", b"application/senml+json")]
    send(kafka, {"house.meters": [(reading(at), headers) for at in range(9)]})
    words = ("ingest", "--kafka", kafka.address, "--city", place.directory, "--until-idle")
    assert sum(twin(*words)["rows"].values()) == 0
    assert twin(*words, "--topic", "house.meters")["rows"]["readings"] == 9


def test_what_a_flood_did_not_keep_is_fetched_from_the_broker_and_lands_once(kafka: Broker, place: Place) -> None:
    # Given an ingester whose clock was a day slow, so that all was ahead of it, and no room in quarantine
    messages: list[Raw] = [(data, []) for at in range(150) for data in (reading(at), b"[{")]
    send(kafka, {"city.senml": messages})
    with place.log() as log:
        source = KafkaSource(kafka.address, log.tracked)
        writer = Ingester(log, clock=lambda: datetime(2025, 12, 31, tzinfo=UTC), allowed_bytes=0)
        polled = drained(source, 300)
        assert sum(writer.ingest(poll).refused for poll in polled) == 300
        source.close()
    listed = twin("quarantine", "list", "--city", place.directory)
    assert (listed["quarantined"], {entry["kept"] for entry in listed["entries"]}) == (300, {False})
    # When what it left is tried again with and without the broker
    without = twin("quarantine", "retry", "--all", "--city", place.directory, code=1)
    assert (without["released"], sum(without["rows"].values())) == (0, 0)
    words = ("quarantine", "retry", "--all", "--kafka", kafka.address, "--city", place.directory)
    mended = twin(*words, code=1)
    # Then the good readings are there, once, and the broken ones stay with their count
    assert mended["rows"]["readings"] == 150
    assert twin("quarantine", "list", "--city", place.directory)["quarantined"] == 150
    assert twin(*words, code=1)["rows"].get("readings", 0) == 0
    status = twin("status", "--city", place.directory)
    assert (status["observations"]["readings"], status["quarantined"]) == (150, 150)


def test_what_the_broker_has_lost_stays_in_quarantine_and_says_so(kafka: Broker, place: Place) -> None:
    make_topic(kafka, "city.senml", 1)
    send(kafka, {"city.senml": [(b"[{", []) for _ in range(5)]})
    with place.log() as log:
        source = KafkaSource(kafka.address, log.tracked)
        sum((Ingester(log, allowed_bytes=0).ingest(poll) for poll in drained(source, 5)), Landed())
        source.close()
    delete_topic(kafka, "city.senml")
    answer = twin("quarantine", "retry", "--all", "--kafka", kafka.address, "--city", place.directory, code=1)
    assert "no such partition" in answer["kept"][0]["reason"]


def drained(source: KafkaSource, count: int) -> list[Poll]:
    """Polls that hold `count` records."""
    polls: list[Poll] = []
    while sum(poll.last_offset - poll.first_offset + 1 for poll in polls) < count:
        polls += source.poll(1.0)
    return polls


def delete_topic(broker: Broker, topic: str) -> None:
    """Take a topic away."""
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    admin.delete_topics([topic])
    admin.close()
