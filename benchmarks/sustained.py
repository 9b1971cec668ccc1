"""Ten minutes at full speed: memory of one `twin ingest` process while packs of 500 readings arrive without a pause.

python -m benchmarks sustained            (TWIN_BENCH_SECONDS=60 for a shorter run)
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psutil

from benchmarks.figures import Figure
from benchmarks.ingest import PACK, POINTS, START
from deploy.kafka.broker import Broker
from events.clock import now
from events.envelope import wrap
from events.feeds.registry import format_named
from replay.city import City
from twin.place import init

SECONDS = float(os.environ.get("TWIN_BENCH_SECONDS", "600"))
PACKS_A_SECOND = 600
"""The producer's pace: 300,000 readings/s, more than the ingester is asked to take, so that it never rests."""


def figures() -> list[Figure]:
    """Readings a second over the whole run, and the ingester's memory in its first and last third."""
    with tempfile.TemporaryDirectory() as name, Broker(Path(name) / "kafka") as broker:
        place = init(Path(name) / "city")
        feeder = _start("benchmarks.sustained", broker.address)
        reader = _start("views.cli", "ingest", "--kafka", broker.address, "--city", str(place.directory))
        samples, started = [], time.monotonic()
        while time.monotonic() - started < SECONDS:
            time.sleep(1)
            samples.append(psutil.Process(reader.pid).memory_info().rss / 2**20)
        feeder.kill()
        reader.send_signal(signal.SIGTERM)
        reader.wait()
        feeder.wait()
        with City.open(place.directory) as city:
            landed = city.ledger.observations["readings"]
    third = len(samples) // 3
    return [
        Figure(f"readings a second over {SECONDS:.0f} s", landed / SECONDS, "/s", "≥ 200,000"),
        Figure("memory of the ingester, highest in the first third", max(samples[:third]), "MiB"),
        Figure("memory of the ingester, highest in the last third", max(samples[-third:]), "MiB", "≤ 1,024"),
    ]


def feed(servers: str) -> None:
    """Publish packs for ever, at the pace, every reading new."""
    from kafka import KafkaProducer

    producer = KafkaProducer(
        bootstrap_servers=servers, linger_ms=20, batch_size=1 << 20, acks=1, enable_idempotence=False
    )
    form, started = format_named("senml"), time.monotonic()
    headers = wrap(form, b"[]", key="bench", recorded_at=now()).headers
    for sent, pack in enumerate(packs()):
        producer.send(form.topic, value=pack, headers=headers)
        ahead = sent / PACKS_A_SECOND - (time.monotonic() - started)
        if ahead > 0.05:
            time.sleep(ahead)


def packs() -> Iterator[bytes]:
    """Packs of PACK meters in turn, a quarter of an hour a turn."""
    blocks = [
        ",".join(f'{{"n":"{meter:010d}:1-0:1.8.0","v":{meter / 100:.2f}}}' for meter in range(first, first + PACK))
        for first in range(0, POINTS, PACK)
    ]
    for turn in count():
        base = f'[{{"bn":"urn:dev:ser:E","bu":"kWh","bt":{START + 900 * turn}}},'
        yield from (f"{base}{block}]".encode() for block in blocks)


def _start(module: str, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", module, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


if __name__ == "__main__":
    feed(sys.argv[1])
