"""`twin status`: what the log holds, how fresh each source is, how fast it comes in, what was refused."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from events.clock import TAIPEI, now
from events.monitoring.alarms import OpenAlarms, summary
from events.observations import FAMILIES
from replay.city import City as OpenCity
from replay.sources import sources
from views.commands.kafka_options import KafkaConfig, Reading
from views.commands.models import of_readers
from views.commands.options import City, Json, show

if TYPE_CHECKING:
    from rich.table import Table

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
    from rich.console import Console  # slow to import, and JSON needs none of it

    width = None if sys.stdout.isatty() else PIPE_COLUMNS
    Console(width=width, highlight=False).print(_table(answer["sources"]))


def _answer(opened: OpenCity, moment: datetime, lags: Mapping[str, int]) -> dict[str, Any]:
    ledger = opened.ledger
    told = [asdict(source) for source in sources(opened, moment, lags)]
    return {
        "position": opened.head,
        "events": ledger.events,
        "observations": {name: ledger.observations.get(name, 0) for name in FAMILIES},
        "quarantined": ledger.quarantined,
        "models": of_readers(opened.place.archive),
        "unknown_stations": _unknown_stations(opened),
        "alarms": summary(OpenAlarms(opened.log).look()),
        "stale_sources": sum(line["stale"] for line in told),
        "lag": sum(lags.values()) if lags else None,
        "sources": told,
    }


def _table(told: list[dict[str, Any]]) -> Table:
    from rich.table import Table

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
    for one in told:
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
