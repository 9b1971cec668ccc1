"""`twin log copy`: a city's log from a file to a server, or back. `twin log compact`: small batches kept together."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from events.compaction import compact as events_compact
from events.errors import UsageError
from twin.copy import copy_log
from twin.place import Place
from views.commands.city import log
from views.commands.options import City, Json, show

Where = "A city's directory, a log file, or postgresql://user@host/name 城市資料夾、紀錄檔或資料庫位址."


@log.command("copy")
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help=Where)],
    target: Annotated[str, typer.Argument(metavar="TO", help="An empty log: a new file, or postgresql://… 空的紀錄.")],
    seal: Annotated[
        bool, typer.Option("--seal", help="Move names of points into the city's vault 將測點名稱移入保管庫.")
    ] = False,
    json: Json = False,
) -> None:
    """Copy a log with the same positions and digests, and verify the copy. 複製事件紀錄並驗證。

    A log from before there was a vault names points itself: `--seal` (FROM is a city) gives the copy tokens instead.

    Then name the copy in the city's city.json ("log"). Stop the ingester first.

    Example: twin log copy city postgresql://twin@127.0.0.1:5432/twin
    """
    if seal and not Path(source).is_dir():
        raise UsageError(f"{source}: --seal needs the city's directory, where its vault is")
    copied = copy_log(_log_of(source), target, Place(Path(source)).vault() if seal else None)
    answer = {
        "events": copied.events,
        "position": copied.position,
        "sources": copied.sources,
        "digest": copied.digest,
        "equal": True,
    }
    show(answer, as_json=json)


@log.command("compact")
def compact(city: City = Path("city"), json: Json = False) -> None:
    """Keep small batches together; no position, header or row changes. 合併零碎的事件批次，位置與內容不變。

    Readers and ingesters may go on meanwhile. The lake and the checkpoints stay as they are.

    Example: twin log compact --city city
    """
    with Place(city).log() as log:
        done = events_compact(log)
    show(asdict(done), as_json=json)


def _log_of(source: str) -> str:
    """The log's location: of a city the one its city file names."""
    if "://" in source:
        return source
    path = Path(source)
    if path.is_dir():
        named = Place(path).read().log
        return named if "://" in named else str(path / named)
    if not path.is_file():
        raise UsageError(f"{source}: neither a city's directory, a log file, nor postgresql://…")
    return source
