"""`twin publish` and `twin ingest`: captured documents to Kafka, Kafka or files into the log."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from events.allocation import few_arenas
from events.errors import RecordRefusedError, SourceError, UsageError
from events.feeds.registry import Registry, format_named
from events.flood import ALLOWED_BYTES
from events.ingest import Ingester, Landed
from events.source import file_polls
from twin.place import Place
from twin.projector import Projector
from views.commands.consuming import from_kafka, say
from views.commands.declaring import Declarations, declared
from views.commands.kafka_options import Adapter, KafkaConfig, Reading, Share, security_of
from views.commands.options import REFUSED, City, Json, named_files, show
from views.commands.running import LogForm, LogLevel, configure_logs
from views.commands.watching import MetricsAt, Watching
from views.logs import LogFormat

MEGABYTE = 1024 * 1024

Kafka = Annotated[str | None, typer.Option("--kafka", metavar="HOST:PORT", help="The Kafka broker 訊息伺服器.")]
Files = Annotated[list[str] | None, typer.Argument(metavar="FORMAT:PATH...", help="Captured documents 擷取的檔案.")]


def publish(
    files: Annotated[list[str], typer.Argument(metavar="FORMAT:PATH...", help="Captured documents 擷取的檔案.")],
    kafka: Annotated[str, typer.Option("--kafka", metavar="HOST:PORT", help="The Kafka broker 訊息伺服器.")],
    partitions: Annotated[int, typer.Option(help="Partitions of a topic that has to be made.")] = 4,
    replicas: Annotated[int, typer.Option(help="Replicas of a topic that has to be made 副本數.")] = 1,
    kafka_config: KafkaConfig = None,
    declarations: Declarations = None,
    json: Json = False,
) -> None:
    """Put captured documents on their topics as CloudEvents 1.0. 將擷取的檔案發布到 Kafka。

    Example: twin publish --kafka 127.0.0.1:9092 youbike:youbike_immediate.json senml:pack.json

    Example: twin publish --kafka 127.0.0.1:9092 --declarations sensors noise:noise.json
    """
    from events.kafka.source import KafkaSink

    registry = declared(declarations)
    documents = [(format_named(name, registry), path, _read(path)) for name, path in named_files(files)]
    sink = KafkaSink(kafka, partitions=partitions, replicas=replicas, security=security_of(kafka_config))
    sent: list[dict[str, Any]] = []
    refused: list[dict[str, str]] = []
    try:
        for form, path, data in documents:
            told = {"file": str(path), "format": form.name, "topic": form.topic}
            try:
                sent.append({**told, "messages": sink.publish(form, data)})
            except RecordRefusedError as error:
                refused.append({**told, "reason": str(error)})
    finally:
        sink.close()
    show({"published": sent, "messages": sum(s["messages"] for s in sent), "refused": refused}, as_json=json)
    if refused:
        raise typer.Exit(REFUSED)


def ingest(
    files: Files = None,
    city: City = Path("city"),
    kafka: Kafka = None,
    from_files: Annotated[bool, typer.Option("--files", help="Read FORMAT:PATH documents without a broker.")] = False,
    until_idle: Annotated[bool, typer.Option("--until-idle", help="Stop when nothing is left to read.")] = False,
    kafka_config: KafkaConfig = None,
    adapter: Adapter = "python",
    share: Share = "1/1",
    declarations: Declarations = None,
    topic: Annotated[
        list[str] | None, typer.Option("--topic", help="A further topic, beside the formats' own 其他主題.")
    ] = None,
    metrics: MetricsAt = None,
    quarantine_mb: Annotated[
        int,
        typer.Option(
            "--quarantine-mb-per-hour",
            min=0,
            help="Refused bytes kept of one source within an hour; beyond, they are counted 隔離區每小時上限.",
        ),
    ] = ALLOWED_BYTES // MEGABYTE,
    log_format: LogForm = LogFormat.HUMAN,
    log_level: LogLevel = None,
    json: Json = False,
) -> None:
    """Bring records into the city's log, exactly once. 將資料收進城市的事件紀錄。

    Example: twin ingest --kafka 127.0.0.1:9092 --city city --until-idle

    Example: twin ingest --kafka kafka-1:9093 --kafka-config kafka.toml --adapter confluent --share 1/2 --city city

    Example: twin ingest --city city --files youbike:youbike_immediate.json

    Example: twin ingest --city city --declarations sensors --files noise:noise.json
    """
    if bool(kafka) == bool(files):
        raise UsageError("give either --kafka HOST:PORT, or --files with FORMAT:PATH words")
    if from_files and not files:
        raise UsageError("--files needs FORMAT:PATH words")
    configure_logs(log_format, log_level)
    few_arenas()
    registry = declared(declarations, city)
    place, watching = Place(city), Watching()
    with place.log() as log, watching.served(metrics):
        ingester = Ingester(log, checkpoint=place.memory, allowed_bytes=quarantine_mb * MEGABYTE)
        projector = Projector(log, place.directory)
        watching.follow(projector, log)
        started = time.monotonic()
        landed = (
            from_kafka(
                Reading(kafka, kafka_config, adapter, share, registry, tuple(topic or ())),
                ingester,
                projector,
                watching,
                until_idle=until_idle,
            )
            if kafka
            else _from_files(files or [], ingester, registry)
        )
        projector.catch_up(write=True)
        projector.save()
        ingester.save()
    show(_answer(landed, time.monotonic() - started), as_json=json)
    if landed.refused and not watching.heartbeat.is_stopping:
        raise typer.Exit(REFUSED)


def _from_files(words: list[str], ingester: Ingester, registry: Registry) -> Landed:
    documents = [(format_named(name, registry), path) for name, path in named_files(words)]
    total = Landed()
    for form, path in documents:
        for poll in file_polls(form, _read(path)):
            total += ingester.ingest(poll)
        say(f"{path}: done")
    return total


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
