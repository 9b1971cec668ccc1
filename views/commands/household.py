"""`twin household`: a household moves in, or its readings are made nobody's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from events.clock import instant as utc
from events.clock import now
from twin.erasure import Done, Households
from twin.erasure_files import Rewritten, rewrite
from twin.place import Place
from views.commands.options import City, Json, instant, show, tell

app = typer.Typer(help="Households and the keys of their readings 住戶與讀數金鑰.", no_args_is_help=True)

Dwelling = Annotated[str, typer.Argument(metavar="DWELLING", help="The dwelling's id 戶代碼.")]
Building = Annotated[str, typer.Option("--building", metavar="ID", help="Its building 棟代碼.")]


@app.command("list")
def list_keys(dwelling: Dwelling, building: Building, city: City = Path("city"), json: Json = False) -> None:
    """The keys of a dwelling's points, present and former; none when all are destroyed. 列出一戶各測點的金鑰。

    Example: twin household list 3A7 --building dongming-a --city city
    """
    with Place(city).log() as log:
        keys = Households(log, now).keys(building, dwelling)
    answer = [
        {"point": k.name, "since": utc(k.since), "until": None if k.until is None else utc(k.until)} for k in keys
    ]
    show({"dwelling": dwelling, "building": building, "keys": answer}, as_json=json)


@app.command("moved-in")
def moved_in(dwelling: Dwelling, building: Building, city: City = Path("city"), json: Json = False) -> None:
    """Another household moves in: from now on its readings are apart from the former one's. 新住戶遷入，更換金鑰。

    Example: twin household moved-in 3A7 --building dongming-a --city city
    """
    place = Place(city)
    with place.log() as log:
        done = Households(log, now).moved_in(building, dwelling)
        files = rewrite(log, place.directory, done.words)
    show(_answer(dwelling, building, done, files), as_json=json)


@app.command("erase")
def erase(
    dwelling: Dwelling,
    building: Building,
    city: City = Path("city"),
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, naming nobody 原因，勿寫姓名.")] = "",
    ended_by: Annotated[
        str | None, typer.Option("--ended-by", metavar="TIME", help="Only tenancies over by TIME 只抹除已遷出者.")
    ] = None,
    json: Json = False,
) -> None:
    """Destroy a household's keys: its readings stay in every total and belong to nobody. 銷毀住戶金鑰，讀數不再可歸屬。

    This cannot be undone. What it does not reach is in docs/privacy.md.

    Example: twin household erase 3A7 --building dongming-a --reason "moved out" --city city
    """
    place = Place(city)
    with place.log() as log:
        done = Households(log, now).erase(building, dwelling, reason, instant(ended_by))
        files = rewrite(log, place.directory, done.words)
    show(_answer(dwelling, building, done, files), as_json=json)


def _answer(dwelling: str, building: str, done: Done, files: Rewritten) -> dict[str, Any]:
    if done.quarantined:
        tell("entries in quarantine mention this dwelling's devices; see docs/privacy.md 隔離區仍有相關原始訊息")
    return {
        "dwelling": dwelling,
        "building": building,
        "entities": done.entities,
        "positions": list(done.positions),
        "files_rewritten": files.names,
        "indicators_dropped": files.indicators,
        "quarantined": done.quarantined,
    }
