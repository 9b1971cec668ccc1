"""`twin quarantine`: what could not be taken: seen, tried again, or let go."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from events.clock import now
from events.errors import UsageError
from events.feeds.registry import Registry
from events.flood import kinds
from events.ids import SourceId
from events.ingest import Ingester
from events.log import Log
from events.quarantine import Outcome, Quarantined, quarantined, release
from events.retry import Fetch
from events.retry import retry as retry_entries
from twin.place import Place
from twin.projector import Projector
from views.commands.declaring import declared
from views.commands.kafka_options import KafkaConfig, security_of
from views.commands.options import REFUSED, City, Json, show

app = typer.Typer(help="Input that could not be taken 隔離區.", no_args_is_help=True)

Names = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Entries, as `list` names them 編號.")]
Source = Annotated[str | None, typer.Option("--source", help="Only of this source 只看此來源.")]
FormatName = Annotated[str | None, typer.Option("--format", help="Only of this format 只看此格式.")]
Every = Annotated[bool, typer.Option("--all", help="Every entry that the options leave 全部.")]


@app.command("list")
def list_entries(
    city: City = Path("city"),
    source: Source = None,
    form: FormatName = None,
    limit: Annotated[int, typer.Option(min=0, help="Entries to name; all are counted 最多列出筆數.")] = 100,
    json: Json = False,
) -> None:
    """What is in quarantine, and why. 列出無法收進的資料與原因。

    Example: twin quarantine list --city city --json
    """
    with Place(city).log() as log:
        entries = _chosen(log, source, form)
    groups: Counter[tuple[str, str, str]] = Counter()
    for e in entries:
        groups[e.source, e.refusal.format, e.refusal.reason] += e.refusal.count
    answer = {
        "quarantined": sum(e.refusal.count for e in entries),
        "reasons": dict(Counter(kinds(e.refusal for e in entries)).most_common(limit)),
        "groups": [
            {"source": s, "format": f, "reason": reason, "count": count}
            for (s, f, reason), count in groups.most_common(limit)
        ],
        "entries": [_line(e) for e in entries[:limit]],
    }
    show(answer, as_json=json)


@app.command("show")
def show_entry(
    name: Annotated[str, typer.Argument(metavar="ID", help="The entry, as `list` names it 編號.")],
    city: City = Path("city"),
    json: Json = False,
) -> None:
    """One entry with its payload: as text, or base64 where it is none. 顯示一筆的原始內容。

    Example: twin quarantine show 12.0 --city city
    """
    with Place(city).log() as log:
        (entry,) = _named(_chosen(log, None, None), [name])
    refusal = entry.refusal
    show(_line(entry) | (_payload(refusal.payload) if refusal.kept else _elsewhere(entry)), as_json=json)


@app.command("retry")
def retry(
    names: Names = None,
    city: City = Path("city"),
    source: Source = None,
    form: FormatName = None,
    every: Every = False,
    as_format: Annotated[
        str | None, typer.Option("--as", metavar="FORMAT", help="Decode as this format 改用此格式解讀.")
    ] = None,
    kafka: Annotated[
        str | None,
        typer.Option("--kafka", metavar="HOST:PORT", help="Fetch from there what a flood did not keep 訊息伺服器."),
    ] = None,
    kafka_config: KafkaConfig = None,
    json: Json = False,
) -> None:
    """Decode entries again with today's decoders; what can be taken lands and leaves. 以現行解碼器重試。

    Example: twin quarantine retry --all --format youbike --city city

    Example: twin quarantine retry --all --kafka 127.0.0.1:9092 --city city
    """
    place = Place(city)
    with place.log() as log:
        entries = _selected(log, names, source, form, every=every)
        ingester = Ingester(log, checkpoint=place.memory)
        registry = declared(None, city)
        with _fetching(kafka, kafka_config, registry) as fetch:
            done = retry_entries(log, ingester, entries, now(), as_format, registry, fetch)
        _project(log, place)
        ingester.save()
    answer = {
        "retried": len(entries),
        "released": len(done.released),
        "rows": dict(done.landed.rows),
        "duplicates": done.landed.duplicates,
        "quarantined": len(done.kept),
        "kept": [{"id": entry.name, "reason": reason} for entry, reason in done.kept],
    }
    show(answer, as_json=json)
    if done.kept:
        raise typer.Exit(REFUSED)


@app.command("discard")
def discard(
    names: Names = None,
    city: City = Path("city"),
    source: Source = None,
    form: FormatName = None,
    every: Every = False,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why, for the log 原因.")] = "",
    json: Json = False,
) -> None:
    """Let entries go for good: an event in the log says so; the payloads stay in it. 捨棄，並記入事件紀錄。

    Example: twin quarantine discard 12.0 --why "a test message" --city city
    """
    place = Place(city)
    with place.log() as log:
        entries = _selected(log, names, source, form, every=every)
        position = release(log, entries, Outcome.DISCARDED, why, now())
        _project(log, place)
    show({"discarded": len(entries), "position": position}, as_json=json)


@contextmanager
def _fetching(kafka: str | None, config: Path | None, registry: Registry) -> Iterator[Fetch | None]:
    """Reads entries' records once more from a broker, where one is given."""
    if kafka is None:
        yield None
        return
    from events.kafka.again import read_again
    from events.kafka.source import Adapter, client

    broker = client(kafka, Adapter.PYTHON, security_of(config))
    try:
        yield lambda e: read_again(
            broker, SourceId(e.source), e.refusal.offset, e.refusal.last_offset or e.refusal.offset, registry
        )
    finally:
        broker.close()


def _project(log: Log, place: Place) -> None:
    projector = Projector(log, place.directory)
    projector.catch_up(write=True)
    projector.save()


def _selected(
    log: Log, names: list[str] | None, source: str | None, form: str | None, *, every: bool
) -> list[Quarantined]:
    """The entries a command is about: those named, or all that the options leave."""
    if bool(names) == every:
        raise UsageError("give either entries (ID as in `twin quarantine list`), or --all")
    entries = _chosen(log, source, form)
    return _named(entries, names) if names else entries


def _chosen(log: Log, source: str | None, form: str | None) -> list[Quarantined]:
    return [e for e in quarantined(log) if source in (None, e.source) and form in (None, e.refusal.format)]


def _named(entries: list[Quarantined], names: list[str]) -> list[Quarantined]:
    by_name = {e.name: e for e in entries}
    for name in names:
        if name not in by_name:
            raise UsageError(f"no entry {name!r} in quarantine; `twin quarantine list` names those there are")
    return [by_name[name] for name in dict.fromkeys(names)]


def _line(entry: Quarantined) -> dict[str, Any]:
    return {
        "id": entry.name,
        "source": entry.source,
        "offset": entry.refusal.offset,
        "format": entry.refusal.format,
        "reason": entry.refusal.reason,
        "recorded_at": entry.recorded_at.isoformat(),
        "bytes": len(entry.refusal.payload),
        "count": entry.refusal.count,
        "last_offset": entry.refusal.last_offset,
        "kept": entry.refusal.kept,
    }


def _elsewhere(entry: Quarantined) -> dict[str, Any]:
    """How to fetch what was counted in a flood and not kept: Kafka has it as long as its topic keeps it."""
    refusal = entry.refusal
    told: dict[str, Any] = {"payload": None, "sha256": refusal.sha256}
    kind, *names = entry.source.split(":")
    if kind != "kafka" or len(names) < 2:
        return told | {"fetch": f"its bytes were not kept: take them from {entry.source} again"}
    last = refusal.offset if refusal.last_offset is None else refusal.last_offset
    return told | {
        "fetch": f"kafka-console-consumer --bootstrap-server HOST:PORT --topic {names[0]} --partition {names[1]} "
        f"--offset {refusal.offset} --max-messages {last - refusal.offset + 1}"
    }


def _payload(payload: bytes) -> dict[str, str]:
    try:
        return {"payload": payload.decode()}
    except UnicodeDecodeError:
        return {"payload_base64": base64.b64encode(payload).decode()}
