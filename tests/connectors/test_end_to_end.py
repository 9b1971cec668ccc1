"""From a feed's server over a real broker into the log: counts equal the capture's, and the operator sees it happen."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from deploy.kafka.broker import Broker, free_port
from tests.connectors.conftest import Server, half, status, whole
from tests.kafka.conftest import CLI, kafka, place, twin
from twin.place import Place
from twin.verify import verify

__all__ = ["kafka", "place"]

pytestmark = pytest.mark.kafka

SECRET = "s3cret-key-of-the-city"


def eventually(what: Callable[[], bool], seconds: float = 90) -> None:
    """Wait until `what` is so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.1)


def asked(port: int, path: str) -> tuple[int, bytes]:
    """Status and body of one of the process's own pages; 0 while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.read()
    except OSError:
        return 0, b""


def total(port: int, name: str) -> float:
    """Sum of a metric over all its labels."""
    families = text_string_to_metric_families(asked(port, "/metrics")[1].decode())
    return sum(s.value for family in families for s in family.samples if s.name == name)


def test_what_a_server_publishes_is_what_the_log_holds(
    kafka: Broker, place: Place, server: Server, shared_data: Path
) -> None:
    bikes = gzip.decompress((shared_data / "youbike" / "youbike_immediate_2026_sample_01.json.gz").read_bytes())
    parking = (shared_data / "parking" / "2025-06" / "TCMSV_allavailable.json").read_bytes()
    vehicles = (shared_data / "gtfsrt" / "gtfs_vehicle_positions.pb").read_bytes()
    feeds = {
        "youbike": server.at("/bikes", status(500), half(bikes), whole(bikes)),
        "parking": server.at("/parking", whole(parking)),
        "gtfs-rt": server.at("/vehicles", half(vehicles), whole(vehicles)),
    }
    for name, url in feeds.items():
        answer = twin("feed", name, url, "--kafka", kafka.address, "--once", "--every", "1s")
        assert (answer["documents"], answer["failing"]) == (1, [])
    direct = place.directory.parent / "direct"
    twin("init", "--city", direct)
    captures = {"youbike": bikes, "parking": parking, "gtfs-rt": vehicles}
    words = []
    for name, body in captures.items():
        path = place.directory.parent / name
        path.write_bytes(body)
        words.append(f"{name}:{path}")
    refused = 1  # a lot of the capture says -3 free spaces
    expected = twin("ingest", "--city", direct, "--files", *words, code=refused)
    landed = twin("ingest", "--kafka", kafka.address, "--city", place.directory, "--until-idle", code=refused)
    assert landed["rows"] == {"arrivals": 0, **expected["rows"]}
    assert landed["quarantined"] == expected["quarantined"]
    assert expected["rows"]["docks"] == len(json.loads(bikes))
    # the same bodies once more are messages with the same ids, and nothing new
    for name, url in feeds.items():
        twin("feed", name, url, "--kafka", kafka.address, "--once")
    again = twin("ingest", "--kafka", kafka.address, "--city", place.directory, "--until-idle", code=refused)
    assert sum(again["rows"].values()) == 0
    assert _identities(kafka, "city.youbike") == {(feeds["youbike"], 2)}
    with place.log() as log:
        assert verify(log).problems == ()


def _identities(broker: Broker, topic: str) -> set[tuple[str, int]]:
    """CloudEvents sources of a topic, and how often each of their ids came."""
    from kafka import KafkaConsumer

    consumer = KafkaConsumer(
        topic, bootstrap_servers=broker.address, auto_offset_reset="earliest", consumer_timeout_ms=5000
    )
    seen: dict[tuple[str, str], int] = {}
    for record in consumer:
        headers = {name: value.decode() for name, value in record.headers}
        assert headers["ce_specversion"] == "1.0" and headers["ce_recordedtime"] and headers["ce_time"]
        seen[headers["ce_source"], headers["ce_id"]] = seen.get((headers["ce_source"], headers["ce_id"]), 0) + 1
    consumer.close()
    return {(source, count) for (source, _), count in seen.items()}


def test_an_operator_sees_an_ingester_work_lose_its_broker_and_end_in_good_order(
    kafka: Broker, place: Place, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITY_KEY", SECRET)
    bikes = {"sna": "a", "mday": "2026-01-01 00:00:00", "tot": 9, "sbi": 4, "bemp": 5, "lat": 25.0, "lng": 121.5}
    rows = [{"sno": f"50010100{n}", **bikes} for n in range(5)]
    url = server.at("/bikes", whole(json.dumps([*rows, {"sno": "", "mday": "x"}]).encode()))
    port, feeding = free_port(), free_port()
    command = [*CLI, "ingest", "--kafka", kafka.address, "--city", str(place.directory), "--json"]
    ingest = _started(command, "--metrics", f"127.0.0.1:{port}")
    feed = _started(
        [*CLI, "feed", "youbike", url, "--kafka", kafka.address, "--every", "1s", "--json"],
        *("--metrics", str(feeding), "--key-env", "X-Api-Key=CITY_KEY"),
    )
    try:
        eventually(lambda: asked(port, "/readyz")[0] == asked(port, "/healthz")[0] == 200)
        eventually(lambda: total(port, "twin_rows_total") == 10)  # docks and stations
        eventually(lambda: total(port, "twin_refused_total") == 1)
        eventually(lambda: total(port, "twin_staleness_seconds") > 0)
        eventually(lambda: asked(feeding, "/healthz")[0] == 200 and total(feeding, "twin_feed_requests_total") >= 2)
        pages = asked(port, "/metrics")[1] + asked(feeding, "/metrics")[1] + asked(port, "/healthz")[1]
        assert SECRET.encode() not in pages
        assert b"twin_lag_records" in pages
        kafka.stop()
        eventually(lambda: asked(port, "/healthz")[0] == 503)
        told = json.loads(asked(port, "/healthz")[1])
        assert (told["broker"], told["log"]) == ("unreachable", "reachable")
        kafka.start()
        eventually(lambda: asked(port, "/healthz")[0] == 200)
    finally:
        for process in (ingest, feed):
            process.send_signal(signal.SIGTERM)
        told_by = [process.communicate(timeout=90) for process in (ingest, feed)]
    assert [feed.returncode, ingest.returncode] == [0, 0]
    assert (place.directory / "checkpoints" / "ingester.npz").exists()
    lines = [json.loads(line) for _, err in told_by for line in err.splitlines()]
    (landed, *_) = [line for line in lines if line.get("refused") == 1]
    assert (landed["first_offset"], landed["rows"]["docks"], landed["level"]) == (0, 5, "warning")
    assert SECRET not in repr(told_by)


def _started(command: list[str], *words: str) -> subprocess.Popen[Any]:
    logs = ("--log-format", "json")
    return subprocess.Popen([*command, *words, *logs], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_an_ingester_waits_for_a_broker_that_is_not_there_yet(
    broker_factory: Callable[[], Broker], place: Place
) -> None:
    broker, port = broker_factory(), free_port()
    ingest = _started(
        [*CLI, "ingest", "--kafka", broker.address, "--city", str(place.directory), "--json"],
        *("--metrics", f"127.0.0.1:{port}"),
    )
    try:
        eventually(lambda: asked(port, "/healthz")[0] == 503 and b"no Kafka broker" in asked(port, "/healthz")[1])
        broker.start()
        eventually(lambda: asked(port, "/healthz")[0] == 200)
    finally:
        ingest.send_signal(signal.SIGTERM)
        out, _ = ingest.communicate(timeout=90)
    assert (ingest.returncode, json.loads(out)["rows"]) == (0, {})
