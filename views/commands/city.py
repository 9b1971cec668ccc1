"""`twin init`, `sites load`, `cut`, `log verify`, `rebuild`: the city's own commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from events.clock import now
from events.errors import LogError
from events.observations import family as family_named
from events.sql_errors import shown
from replay.city import City as OpenCity
from replay.export import write_bare
from twin.place import CityFile, Place
from twin.place import init as make_city
from twin.rebuild import rebuild as rebuild_projections
from twin.service import Service
from twin.sites import day_or_time, read_list
from twin.verify import Report
from twin.verify import verify as verify_log
from twin.verify_city import verify_city
from views.commands.options import REFUSED, City, Json, Known, instant, known_word, show

sites = typer.Typer(help="The city's list of social-housing sites 社會住宅基地清單.", no_args_is_help=True)
log = typer.Typer(help="The city's log of events 事件紀錄.", no_args_is_help=True)


def init(
    city: City = Path("city"),
    name: Annotated[str, typer.Option(help="The city's name 城市名稱.")] = "Taipei",
    log_at: Annotated[
        str, typer.Option("--log", help="The log: a file in the directory, or postgresql://…")
    ] = "log.sqlite",
    json: Json = False,
) -> None:
    """Make an empty city. 建立一個空的城市。

    Example: twin init --city city
    """
    place = make_city(city, CityFile(name=name, log=log_at))
    show({"city": str(city), "name": place.read().name, "log": shown(place.read().log)}, as_json=json)


@sites.command("load")
def load_sites(
    file: Annotated[Path, typer.Argument(help="A tab-separated table of sites.")],
    city: City = Path("city"),
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", "--since", metavar="DATE|TIME", help="Date of the list: its facts hold from then (now) 資料日期."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Take the list of sites; given again, only what differs is told. 載入社會住宅基地。

    A row with a date in column `since` holds from then; nothing is known of a site before.

    Example: twin sites load social_housing_sites.tsv --as-of 2026-08-01 --city city
    """
    place = Place(city)
    listed = read_list(file)
    rows = [site.facts for site in listed]
    since = {site.facts.community_id: site.since for site in listed if site.since is not None}
    date = None if as_of is None else day_or_time(as_of)
    with place.log() as opened:
        service = Service(opened, place.archive, now)
        told = service.register_communities(rows, time=date, since=since, source=file.name)
    show({"file": str(file), "sites": len(rows), "events": len(told)}, as_json=json)


def cut(
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FILE", help="FILE.parquet, .arrow or .csv: where to write the frame 輸出檔."),
    ],
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="As of TIME (RFC 3339 with a zone) 截至時間.")
    ] = None,
    known: Known = None,
    family: Annotated[
        str, typer.Option("--family", help="readings, docks, positions, arrivals, stations or states.")
    ] = "readings",
    city: City = Path("city"),
    json: Json = False,
) -> None:
    """The city at one instant: the latest row of every entity of a family. 城市在某一刻的狀態。

    Example: twin cut --at 2026-08-20T19:41:52+08:00 --family docks --out docks.parquet --city city
    """
    family_named(family)
    moment = instant(at)
    with OpenCity.open(city) as opened:
        taken = opened.cut(moment, known_word(known, opened.head))
        frame = taken.frame(family)
        write_bare(frame, out)
    answer = {"out": str(out), "family": family, "rows": frame.height, "at": at or "latest", "known": taken.known}
    show(answer, as_json=json)


@log.command("verify")
def verify(city: City = Path("city"), json: Json = False) -> None:
    """Check every digest, the chain, offsets, names, keys, and the city's files. 檢查事件紀錄與檔案的完整性。

    Ends with 1 when something does not hold together. Gaps in the order, and record times that do not rise (logs from
    before they had to), are said, and are no problem by themselves.

    Example: twin log verify --city city
    """
    place = Place(city)
    place.read()
    try:
        with place.log() as opened:
            report = verify_log(opened)
            files = verify_city(place, opened)
    except LogError as error:  # a log that cannot even be opened is what this command is asked about
        report, files = Report(0, 0, (str(error),)), []
    problems = [*report.problems, *files]
    answer: dict[str, Any] = {
        "events": report.events,
        "position": report.position,
        "sealed": report.sealed,
        "digests": report.digests,
        "sources": report.sources,
        "gaps": [{"after": low, "before": high} for low, high in report.gaps],
        "inversions": list(report.inversions),
        "problems": problems,
    }
    show(answer, as_json=json)
    if problems:
        raise typer.Exit(REFUSED)


def rebuild(
    city: City = Path("city"),
    check: Annotated[bool, typer.Option("--verify", help="Compare with what was there before.")] = False,
    json: Json = False,
) -> None:
    """Build every projection anew from the log. 由事件紀錄重建所有投影。

    Example: twin rebuild --city city --verify
    """
    place = Place(city)
    place.read()
    with place.log() as opened:
        built = rebuild_projections(opened, place.directory)
    answer = {"position": built.position, "rows": built.rows, "digest": built.digest, "before": built.before}
    show(answer | {"equal": built.before in (None, built.digest)}, as_json=json)
    if check and built.before not in (None, built.digest):
        raise typer.Exit(REFUSED)
