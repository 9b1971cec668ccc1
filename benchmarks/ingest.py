"""From a real broker into the durable log and the live state, beside bare poll loops over the same topic.

Each contender runs in a fresh process; `python -m benchmarks.ingest MODE ADAPTER SERVERS TOPIC DIR` is one of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import Figure
from deploy.kafka.broker import Broker
from events.allocation import few_arenas
from events.clock import now
from events.consume import consume
from events.envelope import wrap
from events.feeds.registry import format_named
from events.ingest import Ingester
from events.kafka.source import Adapter, KafkaSource
from twin.place import Place, init
from twin.projector import Projector

SINGLES, PACKS, PACK = 400_000, 10_000, 500
POINTS = 36_000
START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())


def figures() -> list[Figure]:
    """Single-reading messages and packs of 500, each by both client libraries, bare and into log and live state."""
    found: list[Figure] = []
    with tempfile.TemporaryDirectory() as name, Broker(Path(name) / "kafka") as broker:
        for topic, readings, messages, target in (
            ("bench.singles", 1, SINGLES, "≥ 50,000"),
            ("bench.packs", PACK, PACKS, "≥ 1,000,000"),
        ):
            produce(broker.address, topic, messages, readings)
            for adapter in Adapter:
                label = (
                    "single-reading messages" if readings == 1 else f"readings in packs of {PACK}"
                ) + f", {adapter}"
                found += _beside(
                    broker.address, topic, messages * readings, adapter, Path(name) / adapter, label, target
                )
    return found


def _beside(
    servers: str, topic: str, readings: int, adapter: Adapter, directory: Path, label: str, target: str
) -> list[Figure]:
    """A bare poll loop of the library, and the ingester over it, on the same topic."""
    directory.mkdir(exist_ok=True)
    bare = _contender("bare", adapter, servers, topic, directory)
    ours = _contender("ingest", adapter, servers, topic, directory)
    assert ours["readings"] == readings, ours
    return [
        Figure(f"bare poll loop: {label}", readings / bare["seconds"], "/s"),
        Figure(f"bare poll loop, CPU: {label}", readings / bare["cpu_s"], "readings/CPU s"),
        Figure(f"Kafka → log → live: {label}", readings / ours["seconds"], "/s", target),
        Figure(f"Kafka → log → live, CPU: {label}", readings / ours["cpu_s"], "readings/CPU s"),
        Figure(f"ratio to the bare loop: {label}", bare["seconds"] / ours["seconds"], "1", "≥ 0.6"),
        Figure(f"peak memory of the ingester: {label}", ours["peak_mib"], "MiB", "≤ 1,024"),
    ]


def produce(servers: str, topic: str, messages: int, readings: int) -> None:
    """Fill a topic with SenML messages in binary-mode CloudEvents, registers of POINTS meters in order of time."""
    from kafka import KafkaProducer

    form = format_named("senml")
    producer = KafkaProducer(
        bootstrap_servers=servers, linger_ms=50, batch_size=512 * 1024, enable_idempotence=False, acks=1
    )
    for data in documents(messages, readings):
        message = wrap(form, data, key=topic, recorded_at=now())
        producer.send(topic, value=message.value, key=message.key, headers=message.headers)
    producer.flush()
    producer.close()


def documents(messages: int, readings: int) -> Iterator[bytes]:
    """SenML packs: the meters take turns, a quarter of an hour a turn."""
    count = 0
    for _ in range(messages):
        records = []
        for _ in range(readings):
            turn, meter = divmod(count, POINTS)
            name, value = f"urn:dev:ser:E{meter:010d}:1-0:1.8.0", turn * 0.25 + meter / 100
            records.append(f'{{"n":"{name}","u":"kWh","t":{START + 900 * turn},"v":{value:.2f}}}')
            count += 1
        yield f"[{','.join(records)}]".encode()


def bare(adapter: Adapter, servers: str, topic: str) -> dict[str, float]:
    """Poll the topic to its end and do nothing."""
    return (_bare_python if adapter is Adapter.PYTHON else _bare_confluent)(servers, topic)


def _bare_python(servers: str, topic: str) -> dict[str, float]:
    from kafka import KafkaConsumer, TopicPartition

    consumer = KafkaConsumer(bootstrap_servers=servers, max_poll_records=20_000, max_partition_fetch_bytes=16 << 20)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    consumer.seek(partition, 0)
    end = consumer.end_offsets([partition])[partition]
    count, started, used = 0, time.perf_counter(), time.process_time()
    while count < end:
        count += sum(len(records) for records in consumer.poll(timeout_ms=500).values())
    return _told(count, started, used)


def _bare_confluent(servers: str, topic: str) -> dict[str, float]:
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": servers, "group.id": "bare", "enable.auto.commit": False})
    _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0))
    consumer.assign([TopicPartition(topic, 0, 0)])
    count, started, used = 0, time.perf_counter(), time.process_time()
    while count < end:
        count += len(consumer.consume(20_000, 0.5))
    return _told(count, started, used)


def _told(count: int, started: float, used: float) -> dict[str, float]:
    return {"messages": count, "seconds": time.perf_counter() - started, "cpu_s": time.process_time() - used}


def ingest(adapter: Adapter, servers: str, topic: str, directory: Path) -> dict[str, float]:
    """Land the topic in a new city's log, which another process folds meanwhile, as `twin project` does it."""
    few_arenas()  # as `twin ingest` does
    place = init(directory / topic)
    words = [sys.executable, "-m", "benchmarks.ingest", "fold", adapter, servers, topic, str(directory)]
    with (
        place.log() as log,
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as folding,
    ):
        assert folding.stdin and folding.stdout
        assert folding.stdout.readline() == "ready\n"
        ingester = Ingester(log)
        source = KafkaSource(servers, ingester.tracked, topics=[topic], adapter=adapter)
        started, used = time.perf_counter(), time.process_time()
        total = consume(source, ingester, until_idle=True)
        used = time.process_time() - used
        source.close()
        print(log.head(), file=folding.stdin, flush=True)
        folded = json.loads(folding.stdout.readline())
    return {
        "readings": total.rows["readings"],
        "duplicates": total.duplicates,
        "seconds": folded["at"] - started,
        "cpu_s": used + folded["cpu_s"],
        "peak_mib": _peak_mib(),
    }


def fold(place: Place) -> dict[str, float]:
    """Fold the log into live state and history as it grows, to the position that standard input then names."""
    head: list[int] = []
    with place.log() as log:
        projector, used = Projector(log, place.directory), time.process_time()
        print("ready", flush=True)
        threading.Thread(target=lambda: head.append(int(input()))).start()
        while not head or projector.position < head[0]:
            if log.wait(projector.position, 0.1) > projector.position:
                projector.catch_up(write=True)
                at = time.perf_counter()  # the same clock in every process of the machine
        return {"at": at, "cpu_s": time.process_time() - used}


def _peak_mib() -> float:
    """Highest resident memory of this process since it was started (`ru_maxrss` would still hold its parent's)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _contender(mode: str, adapter: Adapter, servers: str, topic: str, directory: Path) -> dict[str, float]:
    words = [sys.executable, "-m", "benchmarks.ingest", mode, adapter, servers, topic, str(directory)]
    found: dict[str, float] = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    return found


if __name__ == "__main__":
    _, mode, library, servers, topic, directory = sys.argv
    adapter = Adapter(library)
    match mode:
        case "bare":
            answer = bare(adapter, servers, topic)
        case "fold":
            answer = fold(Place(Path(directory) / topic))
        case _:
            answer = ingest(adapter, servers, topic, Path(directory))
    print(json.dumps(answer))
