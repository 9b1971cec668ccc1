"""`twin indicator run`, `list`, `show`: a number invented today, with its whole history."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from events.clock import now
from replay import indicator as indicators
from replay.city import City as OpenCity
from twin.indicator_store import IndicatorStore
from twin.indicators import load_indicator
from twin.place import Place
from views.commands.options import City, Json, Known, instant, known_word, show

app = typer.Typer(
    name="indicator",
    help="Indicators: a projection written today, with its whole history. 指標：今日定義，即有完整歷史。",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE.py", help="The indicator, as docs/indicators.md says 指標檔.")],
    city: City = Path("city"),
    json: Json = False,
) -> None:
    """Fold an indicator over the log: all of it at first, then what the log has gained. 以事件紀錄計算指標。

    Example: twin indicator run empty_minutes.py --city city
    """
    declared = load_indicator(file)
    with OpenCity.open(city) as opened:
        done = indicators.run(opened, declared)
    answer = {"name": done.name, "version": done.version, "position_before": done.position_before}
    show(answer | {"position": done.position, "windows": done.windows, "rows": done.rows}, as_json=json)


@app.command("list")
def list_indicators(city: City = Path("city"), json: Json = False) -> None:
    """Indicators that answer, and how far each has come. 列出指標。

    Example: twin indicator list --city city --json
    """
    place = Place(city)
    place.read()
    store = IndicatorStore(place.directory)
    found = [store.indicator(name) for name in store.names()]
    rows = [
        {
            "name": declared.name,
            "version": declared.version,
            "title": declared.title,
            "family": declared.family,
            "window": declared.window,
            "units": kept.units,
            "position": kept.position,
            "months": len(kept.months),
        }
        for declared, kept in found
    ]
    show(rows, as_json=json)


@app.command("show")
def show_indicator(
    name: Annotated[str, typer.Argument(help="The indicator's name 指標名稱.")],
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="The window that holds TIME (default: now) 時刻.")
    ] = None,
    known: Known = None,
    city: City = Path("city"),
    json: Json = False,
) -> None:
    """An indicator's values in the window that holds an instant, as known. 顯示某一時段的指標值。

    Example: twin indicator show station-empty-minutes --at 2026-08-20T19:41:52+08:00 --city city

    Example: twin indicator show station-empty-minutes --at 2026-08-20T19:41:52+08:00 --known 12 --json
    """
    with OpenCity.open(city) as opened:
        declared, kept = IndicatorStore(opened.place.directory).indicator(name)
        word = known_word(known, opened.head)
        position = opened.head if word is None else opened.position_at(word)
        moment = instant(at) or now()
        rows = indicators.at(opened, declared, moment, position)
    told = {"name": name, "version": declared.version, "units": kept.units, "at": moment, "known": position}
    show(told | {"folded_to": kept.position, "rows": rows.to_dicts()}, as_json=json)
