"""`twin lake status|retain|publish`: the history as files for other tools."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from events.observations import family as family_named
from twin.lake_publish import publish as publish_lake
from twin.lake_status import held, strays
from twin.place import Place
from views.commands.options import City, Json, show

app = typer.Typer(
    help="The history as Parquet files, for DuckDB, Spark and polars. 歷史資料湖（Parquet）。", no_args_is_help=True
)


@app.command()
def status(city: City = Path("city"), json: Json = False) -> None:
    """What the lake holds, by family, and what it costs on disk. 資料湖內容與大小。

    Example: twin lake status --city city --json
    """
    place = Place(city)
    retention = place.read().retention_days
    position, families = held(place.lake)
    answer = {
        "position": position,
        "families": [asdict(one) | {"retention_days": retention.get(one.family)} for one in families],
        "strays": len(strays(place.lake)),
    }
    show(answer if json else [*answer["families"], {"position": position, "strays": answer["strays"]}], as_json=json)  # type: ignore[misc]


@app.command()
def retain(
    family: Annotated[str, typer.Option("--family", help="readings, docks, positions, … 觀測類別.")],
    days: Annotated[int | None, typer.Option("--days", min=1, help="Days of history to keep 保留天數.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Keep all history 全部保留.")] = False,
    city: City = Path("city"),
    json: Json = False,
) -> None:
    """Let the lake keep some days of a family only, from the next flush on. 設定資料湖保留天數，事件紀錄不受影響。

    The log keeps everything: give more days, or --all, and `twin rebuild` brings the history back.

    Example: twin lake retain --family positions --days 30 --city city
    """
    if (days is None) != everything:
        raise typer.BadParameter("give --days N or --all")
    place, name = Place(city), family_named(family).name
    file = place.read()
    kept = {other: of for other, of in file.retention_days.items() if other != name}
    place.write(msgspec.structs.replace(file, retention_days=kept if days is None else kept | {name: days}))
    show({"family": name, "retention_days": days}, as_json=json)


@app.command()
def publish(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="A directory, such as a mounted bucket 目標資料夾.")],
    city: City = Path("city"),
    json: Json = False,
) -> None:
    """Copy the lake for others: new files, then the manifest, so that no reader sees half. 發布資料湖。

    Example: twin lake publish shared-lake --city city
    """
    place = Place(city)
    place.read()
    show(asdict(publish_lake(place.lake, target)), as_json=json)
