"""`twin status`: what the log holds, how fresh each source is, how fast it comes in, what was refused."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from events.clock import TAIPEI, instant, now
from events.monitoring import freshness
from events.observations import FAMILIES
from replay.activity import Activity, activity
from replay.city import City as OpenCity
from twin.projections.ledger import SourceLedger
from views.commands.kafka_options import KafkaConfig, Reading
from views.commands.options import City, Json, show

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PIPE_COLUMNS = 160
"""Width of the table where it goes to a file."""

Kafka = Annotated[
    str | None, typer.Option("--kafka", metavar="HOST:PORT", help="Tell the lag behind this broker too 訊息伺服器.")
]


def status(
    city: City = Path("city"), kafka: Kafka = None, kafka_config: KafkaConfig = None, json: Json = False
) -> None:
    """What the log holds, how fresh and how fast each source is, what was refused. 城市資料現況。

    Example: twin status --city city --json

    Example: twin status --city city --kafka 127.0.0.1:9092
    """
    with OpenCity.open(city) as opened:
        lags = _lags(opened, Reading(kafka, kafka_config, "python", "1/1")) if kafka else {}
        answer = _answer(opened, now(), lags)
    if json:
        show(answer, as_json=True)
        return
    show({name: value for name, value in answer.items() if name != "sources"}, as_json=False)
    width = None if sys.stdout.isatty() else PIPE_COLUMNS
    Console(width=width, highlight=False).print(_table(answer["sources"]))


def _answer(opened: OpenCity, moment: datetime, lags: Mapping[str, int]) -> dict[str, Any]:
    ledger = opened.ledger
    minute, hour = activity(opened.log, opened.head, moment - MINUTE, moment - HOUR)
    names = sorted(ledger.sources.keys() | lags.keys())
    none = Activity()
    sources = [
        _line(name, ledger.sources.get(name, SourceLedger()), moment)
        | _rates(minute.get(name, none), hour.get(name, none))
        | {"lag": lags.get(name)}
        for name in names
    ]
    return {
        "position": opened.head,
        "events": ledger.events,
        "observations": {name: ledger.observations.get(name, 0) for name in FAMILIES},
        "quarantined": ledger.quarantined,
        "unknown_stations": _unknown_stations(opened),
        "stale_sources": sum(line["stale"] for line in sources),
        "lag": sum(lags.values()) if lags else None,
        "sources": sources,
    }


def _line(source: str, counts: SourceLedger, moment: datetime) -> dict[str, Any]:
    last = counts.last_event_time
    return {
        "source": source,
        "rows": counts.rows,
        "refused": counts.refused,
        "duplicates": counts.duplicates,
        "last_event_time": None if last is None else instant(last),
        "staleness_s": None if last is None else round(freshness.age_s(last, moment), 1),
        "allowed_s": freshness.allowed_s(source),
        "stale": freshness.is_stale(source, last, moment),
    }


def _rates(minute: Activity, hour: Activity) -> dict[str, int]:
    return {"rows_last_minute": minute.rows, "rows_last_hour": hour.rows, "refused_last_hour": hour.refused}


def _table(sources: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, title="sources 來源", title_justify="left")
    heads = (
        "source\n來源",
        "last event\n最後事件",
        "age\n資料年齡",
        "rows\n筆數",
        "last min\n近一分鐘",
        "last hour\n近一小時",
    )
    for at, head in enumerate((*heads, "refused\n未收", "lag\n落後")):
        table.add_column(head, justify="right" if at > 1 else "left", overflow="fold")
    for one in sources:
        last = one["last_event_time"]
        table.add_row(
            one["source"],
            "–" if last is None else f"{last.astimezone(TAIPEI):%Y-%m-%d %H:%M:%S}",
            f"{_age(one['staleness_s'])}{' stale 逾時' if one['stale'] else ''}",
            *(f"{one[name]:,}" for name in ("rows", "rows_last_minute", "rows_last_hour", "refused")),
            "–" if one["lag"] is None else f"{one['lag']:,}",
        )
    return table


def _age(seconds: float | None) -> str:
    """An age as people say it: 45 s, 7 min, 3 h, 12 d."""
    if seconds is None:
        return "–"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _lags(opened: OpenCity, reading: Reading) -> Mapping[str, int]:
    """Records on the broker that this city has not landed, by source."""
    source = reading.source(opened.log.tracked)
    try:
        return {str(name): lag for name, lag in source.lags().items()}
    finally:
        source.close()


def _unknown_stations(opened: OpenCity) -> int:
    """Stations that report docks and were never described: nobody knows their name or place."""
    cut = opened.cut()
    return cut.frame("docks").join(cut.frame("stations"), on="station_id", how="anti").height
