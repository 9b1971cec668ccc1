"""`twin publish` and `twin ingest`: captured documents to Kafka, Kafka or files into the log."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from events.consume import consume
from events.errors import SourceError, UsageError
from events.feeds.registry import format_named
from events.ingest import Ingester, Landed
from events.source import file_polls
from twin.place import Place
from twin.projector import Projector
from views.commands.kafka_options import Adapter, KafkaConfig, Reading, Share, security_of
from views.commands.options import REFUSED, City, Json, logs, named_files, show

PROJECT_EVERY_S = 5.0

Kafka = Annotated[str | None, typer.Option("--kafka", metavar="HOST:PORT", help="The Kafka broker 訊息伺服器.")]
Files = Annotated[list[str] | None, typer.Argument(metavar="FORMAT:PATH...", help="Captured documents 擷取的檔案.")]


def publish(
    files: Annotated[list[str], typer.Argument(metavar="FORMAT:PATH...", help="Captured documents 擷取的檔案.")],
    kafka: Annotated[str, typer.Option("--kafka", metavar="HOST:PORT", help="The Kafka broker 訊息伺服器.")],
    partitions: Annotated[int, typer.Option(help="Partitions of a topic that has to be made.")] = 4,
    replicas: Annotated[int, typer.Option(help="Replicas of a topic that has to be made 副本數.")] = 1,
    kafka_config: KafkaConfig = None,
    json: Json = False,
) -> None:
    """Put captured documents on their topics as CloudEvents 1.0. 將擷取的檔案發布到 Kafka。

    Example: twin publish --kafka 127.0.0.1:9092 youbike:youbike_immediate.json senml:pack.json
    """
    from events.kafka import KafkaSink

    documents = [(format_named(name), path, _read(path)) for name, path in named_files(files)]
    sink = KafkaSink(kafka, partitions=partitions, replicas=replicas, security=security_of(kafka_config))
    try:
        sent = [
            {"file": str(path), "format": form.name, "topic": form.topic, "messages": sink.publish(form, data)}
            for form, path, data in documents
        ]
    finally:
        sink.close()
    show({"published": sent, "messages": sum(s["messages"] for s in sent)}, as_json=json)


def ingest(
    files: Files = None,
    city: City = Path("city"),
    kafka: Kafka = None,
    from_files: Annotated[bool, typer.Option("--files", help="Read FORMAT:PATH documents without a broker.")] = False,
    until_idle: Annotated[bool, typer.Option("--until-idle", help="Stop when nothing is left to read.")] = False,
    kafka_config: KafkaConfig = None,
    adapter: Adapter = "python",
    share: Share = "1/1",
    json: Json = False,
) -> None:
    """Bring records into the city's log, exactly once. 將資料收進城市的事件紀錄。

    Example: twin ingest --kafka 127.0.0.1:9092 --city city --until-idle

    Example: twin ingest --kafka kafka-1:9093 --kafka-config kafka.toml --adapter confluent --share 1/2 --city city

    Example: twin ingest --city city --files youbike:youbike_immediate.json
    """
    if bool(kafka) == bool(files):
        raise UsageError("give either --kafka HOST:PORT, or --files with FORMAT:PATH words")
    if from_files and not files:
        raise UsageError("--files needs FORMAT:PATH words")
    place = Place(city)
    with place.log() as log:
        ingester = Ingester(log, checkpoint=place.memory)
        projector = Projector(log, place.directory)
        started = time.monotonic()
        landed = (
            _from_kafka(Reading(kafka, kafka_config, adapter, share), ingester, projector, until_idle=until_idle)
            if kafka
            else _from_files(files or [], ingester)
        )
        projector.catch_up(write=True)
        projector.save()
        ingester.save()
    show(_answer(landed, time.monotonic() - started), as_json=json)
    if landed.refused:
        raise typer.Exit(REFUSED)


def _from_files(words: list[str], ingester: Ingester) -> Landed:
    documents = [(format_named(name), path) for name, path in named_files(words)]
    total = Landed()
    for form, path in documents:
        for poll in file_polls(form, _read(path)):
            total += ingester.ingest(poll)
        logs.print(f"{path}: done")
    return total


def _from_kafka(reading: Reading, ingester: Ingester, projector: Projector, *, until_idle: bool) -> Landed:
    stopped = _stop_on_signals()
    source = reading.source(ingester.tracked)
    last = time.monotonic()

    def report(landed: Landed) -> None:
        nonlocal last
        if time.monotonic() - last > PROJECT_EVERY_S:
            projector.catch_up(write=True)
            ingester.save()
            last = time.monotonic()
            logs.print(f"position {landed.position}")

    logs.print(f"reading {reading.servers} 讀取中")
    try:
        return consume(source, ingester, until_idle=until_idle, stopped=stopped, report=report)
    finally:
        source.close()


def _stop_on_signals() -> Callable[[], bool]:
    """A question that turns true at SIGTERM or SIGINT, so that the loop ends between two appends."""
    caught: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda n, _: caught.append(n))
    return lambda: bool(caught)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except IsADirectoryError:
        raise SourceError(f"{path}: a directory, not a file; name one document") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error


def _answer(landed: Landed, seconds: float) -> dict[str, Any]:
    return {
        "position": landed.position,
        "rows": dict(landed.rows),
        "duplicates": landed.duplicates,
        "quarantined": landed.refused,
        "seconds": round(seconds, 3),
    }
