"""`twin device exchange`, `rolled-over`, `consumption`: what happened to a meter, and what it counted over that."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from events.clock import now, parse_time
from events.errors import UsageError
from replay.city import City as OpenCity
from replay.registers import readings_around
from replay.windows import EVERY, Period, consumption, periods
from twin.place import Place
from twin.service import Service
from views.commands.options import City, Json, Known, known_word, show

app = typer.Typer(
    name="device",
    help="What happens to devices: a meter exchanged, a register rolled over. 設備事件：換表、讀數歸零。",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Point = Annotated[str, typer.Argument(metavar="POINT", help="The register's point, as `twin cut` names it 表計點位.")]
Unit = Annotated[str | None, typer.Option("--unit", help="Its unit, where the point reports several 單位.")]


@app.command()
def exchange(
    point: Point,
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="The new meter counts from TIME on 換表時間.")],
    final: Annotated[float, typer.Option("--final", help="Last value of the old meter, in the point's unit 舊表讀數.")],
    initial: Annotated[float, typer.Option("--initial", help="First value of the new meter 新表讀數.")] = 0.0,
    unit: Unit = None,
    city: City = Path("city"),
    json: Json = False,
) -> None:
    """A meter was exchanged: consumption goes on from one to the other. 換表。

    Example: twin device exchange urn:dev:ser:E1:1-0:1.8.0 --at 2026-08-20T10:15:00+08:00 --final 81234.5 --initial 0.2
    """
    entity, its_unit = _register(city, point, unit)
    place = Place(city)
    with place.log() as log:
        told = Service(log, place.archive, now).exchange_meter(entity, final, initial, parse_time(at))
    show({"point": point, "unit": its_unit, "at": at, "final": final, "initial": initial, "events": told}, as_json=json)


@app.command("rolled-over")
def rolled_over(
    point: Point,
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="Behind the last reading before, not behind the next 歸零時間.")
    ],
    modulus: Annotated[float, typer.Option("--modulus", help="How far it counts, such as 100000 最大讀數加一.")],
    unit: Unit = None,
    city: City = Path("city"),
    json: Json = False,
) -> None:
    """A register began again from zero after its last digit. 讀數歸零。

    Example: twin device rolled-over urn:dev:ser:E1:1-0:1.8.0 --at 2026-08-20T10:15:00+08:00 --modulus 100000
    """
    entity, its_unit = _register(city, point, unit)
    place = Place(city)
    with place.log() as log:
        told = Service(log, place.archive, now).roll_over(entity, modulus, parse_time(at))
    show({"point": point, "unit": its_unit, "at": at, "modulus": modulus, "events": told}, as_json=json)


@app.command("consumption")
def consumption_of(
    point: Point,
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="From the period that holds TIME 起始時間.")],
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="To the period that holds TIME 結束時間.")],
    period: Annotated[str, typer.Option("--period", help="hour, day or month, of Asia/Taipei 期間.")] = "day",
    billing_day: Annotated[int, typer.Option("--billing-day", help="A month begins on this day, 1 to 28 抄表日.")] = 1,
    step: Annotated[int, typer.Option("--step", help="Minutes between two readings; divides an hour 讀表間隔.")] = 60,
    known: Known = None,
    city: City = Path("city"),
    json: Json = False,
) -> None:
    """What a register counted by period, over exchanges and roll-overs. 各期間用量。

    Example: twin device consumption urn:dev:ser:E1:1-0:1.8.0 --from 2026-01-01T00:00:00+08:00
    --to 2026-06-30T00:00:00+08:00 --period month --billing-day 5 --city city
    """
    if period not in EVERY:
        raise UsageError(f"--period {period}: give one of {', '.join(EVERY)}")
    chosen: Period = next(p for p in EVERY if p == period)
    first, last = parse_time(start), parse_time(end)
    with OpenCity.open(city) as opened:
        word = known_word(known, opened.head)
        position = opened.head if word is None else opened.position_at(word)
        edges = periods(first, last, chosen, billing_day=billing_day)
        series = readings_around(opened, [point], edges[0], edges[-1], position)
        found = consumption(
            series,
            first,
            last,
            chosen,
            step=timedelta(minutes=step),
            events=opened.register_events(position),
            billing_day=billing_day,
        )
    show({"point": point, "known": position, "periods": found.drop("point_id").to_dicts()}, as_json=json)


def _register(city: Path, point: str, unit: str | None) -> tuple[int, str]:
    """Entity and unit of a point's register; UsageError where it has reported nothing, or several units."""
    with OpenCity.open(city) as opened:
        codes = opened.register_codes(point)
    found = codes if unit is None else codes.filter(unit=unit)
    if found.height != 1:
        units = ", ".join(codes["unit"].to_list())
        what = (
            f"reports {units}; name one with --unit" if units else "has reported nothing; check its name (`twin cut`)"
        )
        raise UsageError(f"point {point!r} {what}")
    entity, its_unit = found.row(0)
    return entity, its_unit
