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
from events.feeds.registry import format_named
from events.kafka.source import KafkaSink
from replay.city import City
from twin.place import init

READINGS = 60
POINT = "urn:dev:ser:E0000000001:1-0:1.8.0"


def figures() -> list[Figure]:
    """One reading after another, each waited for; the reader looks every 20 ms (the app every second)."""
    with tempfile.TemporaryDirectory() as name, Broker(Path(name) / "kafka") as broker:
        place = init(Path(name) / "city")
        sink, form = KafkaSink(broker.address), format_named("senml")
        sink.publish(form, reading(0))
        words = [sys.executable, "-m", "views.cli", "ingest", "--kafka", broker.address, "--city", str(place.directory)]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with City.open(place.directory) as city:
            seconds = [_seen(city, sink, value) for value in range(READINGS)][5:]
        process.send_signal(signal.SIGTERM)
        process.wait()
        sink.close()
    return [
        Figure("publish → visible, median", float(np.median(seconds)) * 1e3, "ms"),
        Figure(
            "publish → visible, p99", float(np.percentile(seconds, 99)) * 1e3, "ms", "≤ 2,000 with the app's second"
        ),
    ]


def reading(value: int) -> bytes:
    """A SenML pack of one reading, dated by its arrival."""
    return f'[{{"n":"{POINT}","u":"kWh","v":{value}}}]'.encode()


def _seen(city: City, sink: KafkaSink, value: int) -> float:
    started = time.perf_counter()
    sink.publish(format_named("senml"), reading(value))
    while not city.cut().frame("readings").filter(pl.col("value") == value).height:
        time.sleep(0.02)
        city.refresh()
    return time.perf_counter() - started
