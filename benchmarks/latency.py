"""From publish to visible: a reading sent to Kafka, landed by `twin ingest`, seen by a reader that tails the log."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.figures import Figure
from deploy.kafka.broker import Broker
from events.clock import now
from events.envelope import wrap
from events.feeds.registry import format_named
from events.kafka.source import KafkaSink
from replay.city import City
from twin.place import init

READINGS = 200
BESIDE_S = 3_100
"""Single-reading messages a second that are published beside: ten times the city's load (domain notes, 2.2)."""

POINT = "urn:dev:ser:L0000000001:1-0:1.8.0"


def figures() -> list[Figure]:
    """One reading after another, each waited for; the reader looks every 20 ms (the app every second)."""
    with tempfile.TemporaryDirectory() as name, Broker(Path(name) / "kafka") as broker:
        place = init(Path(name) / "city")
        sink, form = KafkaSink(broker.address), format_named("senml")
        sink.publish(form, reading(0))
        words = [sys.executable, "-m", "views.cli", "ingest", "--kafka", broker.address, "--city", str(place.directory)]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with City.open(place.directory) as city:
            alone = [_seen(city, sink, value) for value in range(READINGS // 2)][5:]
            load = subprocess.Popen([sys.executable, "-m", "benchmarks.latency", broker.address])
            time.sleep(3)
            beside = [_seen(city, sink, READINGS + value) for value in range(READINGS)][5:]
            load.terminate()
            load.wait()
        process.send_signal(signal.SIGTERM)
        process.wait()
        sink.close()
    beside_name = f"beside {BESIDE_S:,} single-reading messages/s"
    return [
        Figure("publish → visible, median", _ms(alone, 50), "ms"),
        Figure("publish → visible, p99", _ms(alone, 99), "ms", "≤ 2,000 with the app's second"),
        Figure(f"publish → visible, median, {beside_name}", _ms(beside, 50), "ms"),
        Figure(f"publish → visible, p99, {beside_name}", _ms(beside, 99), "ms", "≤ 1,000"),
    ]


def _ms(seconds: list[float], percentile: float) -> float:
    return float(np.percentile(seconds, percentile)) * 1e3


def publish_beside(servers: str) -> None:
    """Publish BESIDE_S messages a second, each of one of the city's meters, until ended."""
    from kafka import KafkaProducer

    form = format_named("senml")
    producer = KafkaProducer(bootstrap_servers=servers, linger_ms=5)
    started, sent = time.monotonic(), 0
    while True:
        due = int((time.monotonic() - started) * BESIDE_S)
        for count in range(sent, due):
            name = f"urn:dev:ser:E{count % 36_000:010d}:1-0:1.8.0"
            data = f'[{{"n":"{name}","u":"kWh","t":{time.time() - 1:.3f},"v":{count / 100}}}]'.encode()
            message = wrap(form, data, key="load", recorded_at=now())
            producer.send(form.topic, value=message.value, key=message.key, headers=message.headers)
        sent = max(sent, due)
        time.sleep(0.01)


def reading(value: int) -> bytes:
    """A SenML pack of one reading, dated by its arrival."""
    return f'[{{"n":"{POINT}","u":"kWh","v":{value}}}]'.encode()


def _seen(city: City, sink: KafkaSink, value: int) -> float:
    started = time.perf_counter()
    sink.publish(format_named("senml"), reading(value))
    while not city.cut().entities("readings", [POINT]).filter(pl.col("value") == value).height:
        time.sleep(0.02)
        city.refresh()
    return time.perf_counter() - started


if __name__ == "__main__":
    publish_beside(sys.argv[1])
