"""`twin diff`, `show`, `why`, `replay`, `export`: the city's past, compared, explained, played and handed on."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from events.clock import now, parse_time
from events.errors import UsageError
from replay.city import City as OpenCity
from replay.communities import side_by_side
from replay.cut import Cut
from replay.diff import diff as difference
from replay.diff import frame_of, identity
from replay.documents import DOCUMENTS, document_of
from replay.export import Provenance, catalogue_record, write_bare
from replay.export import write as write_export
from replay.incident_sources import sources_of
from replay.incidents import next_incident
from replay.player import Player, moments
from replay.show import facts_of
from replay.why import Chain
from replay.why import why as chain_of
from replay.why_indicator import IndicatorChain, why_indicator
from views.commands.kafka_options import KafkaConfig, security_of
from views.commands.options import City, Json, Known, instant, known_word, show

ENDINGS = {"parquet": ".parquet", "csv": ".csv", "arrow": ".arrow", "ngsi-ld": ".jsonld"}
"""Formats of an export and their files' endings."""

ROWS_SHOWN = 1000
"""Rows of a difference in one JSON answer; `--out` writes all of them."""

At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="As of TIME (RFC 3339 with a zone) 截至時間.")]
Family = Annotated[
    str, typer.Option("--family", help="A family, or communities, buildings, devices, scenarios 資料類別.")
]


def diff(
    at: At = None,
    at2: Annotated[
        str | None, typer.Option("--at2", metavar="TIME", help="The second cut's instant (default: --at) 第二時刻.")
    ] = None,
    known: Known = None,
    known2: Annotated[
        str | None, typer.Option("--known2", metavar="POSITION|TIME", help="The second cut's knowledge 第二已知時點.")
    ] = None,
    family: Family = "readings",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write all rows: .parquet, .arrow or .csv 輸出檔.")
    ] = None,
    communities: Annotated[
        tuple[str, str] | None,
        typer.Option("--communities", metavar="A B", help="Two communities at --at, side by side 兩個基地並列比較."),
    ] = None,
    city: City = Path("city"),
    json: Json = False,
) -> None:
    """What differs between two cuts: two instants, or two times of knowing. 比較兩個時刻或兩次所知。

    Without --at2 the second cut is as of --at too; without --known2 it knows everything up to now. Two models of a
    building, thing by thing: twin bim diff --building ID --at A --at2 B.

    Example: twin diff --at 2026-08-20T19:00:00+08:00 --at2 2026-08-20T20:00:00+08:00 --family docks --city city

    Example: twin diff --at 2026-08-20T19:00:00+08:00 --known 2026-08-20T19:05:00+08:00 --family readings --json

    Example: twin diff --communities 84e67c87923337da 0c1f2a3b4c5d6e7f --at 2026-08-20T19:00:00+08:00 --city city
    """
    if communities is not None:
        with OpenCity.open(city) as opened:
            cut = opened.cut(instant(at), known_word(known, opened.head))
            both = side_by_side(cut, *communities)
        show({"communities": communities, "known": cut.known, "quantities": both.to_dicts()}, as_json=json)
        return
    with OpenCity.open(city) as opened:
        second = (
            known_word(known2, opened.head) if known2 is not None or at2 is None else known_word(known, opened.head)
        )
        a = opened.cut(instant(at), known_word(known, opened.head))
        b = opened.cut(instant(at2 or at), second)
        changes = difference(a, b, family)
    if out is not None:
        write_bare(changes, out)
    counts = {word: int((changes["change"] == word).sum()) for word in ("added", "removed", "changed")}
    rows = changes.head(ROWS_SHOWN).to_dicts() if out is None else []
    answer: dict[str, Any] = {"family": family, "known": [a.known, b.known], **counts, "rows": changes.height}
    show(answer | {"out": str(out) if out else None, "shown": len(rows), "changes": rows}, as_json=json)


def show_entity(
    entity: Annotated[str, typer.Argument(help="Id of a point, station, vehicle, community, building, device, home.")],
    at: At = None,
    known: Known = None,
    city: City = Path("city"),
    json: Json = False,
) -> None:
    """Everything known of one thing: values, age, quality, source event. 顯示一個物件的所有已知資料。

    Example: twin show 500101001 --at 2026-08-20T19:41:52+08:00 --city city
    """
    with OpenCity.open(city) as opened:
        cut = opened.cut(instant(at), known_word(known, opened.head))
        facts = facts_of(cut, entity, now())
    show(
        {"entity": entity, "at": at or "latest", "known": cut.known, "facts": [asdict(f) for f in facts]}, as_json=json
    )


def why(
    entity: Annotated[str, typer.Argument(help="Id of the thing 物件代碼.")],
    quantity: Annotated[str, typer.Argument(help="Column such as value or num_vehicles_available, or a unit 項目.")],
    at: At = None,
    indicator: Annotated[
        str | None, typer.Option("--indicator", metavar="NAME", help="Of this indicator's value; --at names it 指標.")
    ] = None,
    known: Known = None,
    city: City = Path("city"),
    json: Json = False,
) -> None:
    """Where a number comes from: cut, projection, log event, source, offsets. 這個數字從何而來。

    What was believed of the same time before is told too, with what corrected it; of an indicator, all its events.

    Example: twin why 500101001 num_vehicles_available --at 2026-08-20T19:41:52+08:00 --city city

    Example: twin why 500101001 empty_minutes --indicator station-empty-minutes --at 2026-08-20T19:00:00+08:00
    """
    with OpenCity.open(city) as opened:
        chain: Chain | IndicatorChain
        if indicator is None:
            chain = chain_of(opened, entity, quantity, instant(at), known_word(known, opened.head))
        else:
            chain = why_indicator(
                opened, indicator, entity, quantity, instant(at) or now(), known_word(known, opened.head)
            )
    show(asdict(chain), as_json=json)


def replay(
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="First event time 起始時間.")],
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="Last event time 結束時間.")],
    kafka: Annotated[str, typer.Option("--kafka", metavar="HOST:PORT", help="The Kafka broker 訊息伺服器.")],
    speed: Annotated[
        float, typer.Option("--speed", help="1 to 3600 times the pace it had; 0: as fast as it goes 播放倍速.")
    ] = 60.0,
    family: Annotated[str, typer.Option("--family", help="docks or readings 資料類別.")] = "docks",
    known: Known = None,
    to_incident: Annotated[
        bool, typer.Option("--next-incident", help="Begin where the first incident after --from began 跳至下一事件.")
    ] = False,
    kafka_config: KafkaConfig = None,
    city: City = Path("city"),
    json: Json = False,
) -> None:
    """Play a stretch of the past onto a Kafka topic, as CloudEvents. 將一段歷史重播到 Kafka。

    Example: twin replay --from 2026-08-20T08:00:00Z --to 2026-08-20T09:00:00Z --speed 600 --kafka 127.0.0.1:9092

    Example: twin replay --from 2026-08-20T08:00:00Z --to 2026-08-21T08:00:00Z --next-incident --kafka 127.0.0.1:9092
    """
    from events.feeds.registry import format_named
    from events.kafka.source import KafkaSink

    if family not in DOCUMENTS:
        raise UsageError(f"no document is written for {family!r}; there are {', '.join(DOCUMENTS)}")
    first, last = parse_time(start), parse_time(end)
    messages = rows = played = 0
    with OpenCity.open(city) as opened:
        position = opened.cut(known=known_word(known, opened.head)).known
        first = _incident_after(opened, first, last, position) if to_incident else first
        open_at = partial(moments, opened, family)
        player = Player(lambda since: open_at(since, last, position), first, speed=speed or None)
        sink = KafkaSink(kafka, security=security_of(kafka_config))
        try:
            for moment in player:
                form, document = document_of(moment)
                messages += sink.publish(format_named(form), document)
                rows, played = rows + moment.rows.height, played + 1
        finally:
            sink.close()
    show(
        {"from": first, "family": family, "moments": played, "rows": rows, "messages": messages, "known": position},
        as_json=json,
    )


def export(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="FILE.parquet, .csv, .arrow or .jsonld 輸出檔.")],
    at: At = None,
    known: Known = None,
    family: Family = "readings",
    licence: Annotated[str, typer.Option("--licence", help="Licence to state in the file 授權條款.")] = "",
    dcat: Annotated[
        Path | None, typer.Option("--dcat", metavar="FILE.json", help="Write a DCAT record too 詮釋資料.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option("--format", help="parquet, csv, arrow or ngsi-ld (FILE.jsonld); by FILE's ending 格式."),
    ] = None,
    city: City = Path("city"),
    json: Json = False,
) -> None:
    """A cut's frame as a file with its cut, sources, licence and units. 匯出某一刻的資料與其詮釋資料。

    Example: twin export --at 2026-08-20T19:41:52+08:00 --family docks --out docks.csv --dcat docks.json --city city

    Example: twin export --at 2026-08-20T19:41:52+08:00 --family docks --format ngsi-ld --out docks.jsonld --city city
    """
    identity(family)
    if form is not None and ENDINGS.get(form) != out.suffix:
        raise UsageError(
            f"--format {form} and {out}: give one of {', '.join(f'{f} ({e})' for f, e in ENDINGS.items())}"
        )
    with OpenCity.open(city) as opened:
        cut = opened.cut(instant(at), known_word(known, opened.head))
        frame = frame_of(cut, family)
        told = _provenance(opened, cut, frame, family, instant(at), licence)
    files = write_export(frame, out, told)
    if dcat is not None:
        record = catalogue_record(out, frame.height, told, now())
        _written(partial(_write_json, record), dcat)
        files.append(dcat)
    show({"files": [str(f) for f in files], "family": family, "rows": frame.height, "known": cut.known}, as_json=json)


def _incident_after(city: OpenCity, first: datetime, last: datetime, known: int) -> datetime:
    """When the condition of the next incident began; UsageError when none fires until `last`."""
    found = next_incident(city, first, known)
    if found is None or found["time"] > last:
        raise UsageError(f"no incident from {first.isoformat()} to {last.isoformat()}; `twin incidents` lists them")
    since: datetime = found["since"]
    return since


def _provenance(
    city: OpenCity, cut: Cut, frame: pl.DataFrame, family: str, at: datetime | None, licence: str
) -> Provenance:
    """Of a file: the sources are those of the frame's rows; what people told (the register) has none."""
    file = city.file
    found = sources_of(city.log, frame["position"].unique().drop_nulls().to_list())
    sources = tuple(found["source"].unique().sort())
    attribution = tuple(file.attribution)
    return Provenance(file.name, family, at, cut.known, cut.known_at, sources, attribution, licence, file.synthetic)


def _write_json(record: dict[str, Any], path: Path) -> None:
    import orjson

    path.write_bytes(orjson.dumps(record, option=orjson.OPT_INDENT_2) + b"\n")


def _written(write: Any, path: Path) -> None:
    try:
        write(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error}") from error
