"""Every command of `twin` by name: where it is written, and what the list of commands says of it.

A command's module is imported when the command is called: no command pays for the imports of another, and `twin --help`
reads this table alone. What stands here is held to the commands' own words by a test.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup


class Written(NamedTuple):
    """Where a command, or a group of them, is written, and its line in the list of commands."""

    module: str
    attribute: str
    about: str


COMMANDS: dict[str, Written] = {
    "init": Written("city", "init", "Make an empty city. 建立一個空的城市。"),
    "publish": Written(
        "feeds", "publish", "Put captured documents on their topics as CloudEvents 1.0. 將擷取的檔案發布到 Kafka。"
    ),
    "ingest": Written("feeds", "ingest", "Bring records into the city's log, exactly once. 將資料收進城市的事件紀錄。"),
    "feed": Written("feed", "feed", "Fetch a feed again and again, and hand on each document once. 定時抓取即時資料。"),
    "status": Written(
        "status",
        "status",
        "What the log holds, how fresh and how fast each source is, what was refused. 城市資料現況。",
    ),
    "cut": Written(
        "city", "cut", "The city at one instant: the latest row of every entity of a family. 城市在某一刻的狀態。"
    ),
    "diff": Written(
        "replay",
        "diff",
        "What differs between two cuts: two instants, or two times of knowing. 比較兩個時刻或兩次所知。",
    ),
    "show": Written(
        "replay",
        "show_entity",
        "Everything known of one thing: values, age, quality, source event. 顯示一個物件的所有已知資料。",
    ),
    "why": Written(
        "replay", "why", "Where a number comes from: cut, projection, log event, source, offsets. 這個數字從何而來。"
    ),
    "replay": Written(
        "replay", "replay", "Play a stretch of the past onto a Kafka topic, as CloudEvents. 將一段歷史重播到 Kafka。"
    ),
    "incidents": Written(
        "incident",
        "incidents",
        "Incidents between two instants: stations empty or full, silent meters, faults. 兩個時刻之間的事件。",
    ),
    "export": Written(
        "replay",
        "export",
        "A cut's frame as a file with its cut, sources, licence and units. 匯出某一刻的資料與其詮釋資料。",
    ),
    "rebuild": Written("city", "rebuild", "Build every projection anew from the log. 由事件紀錄重建所有投影。"),
    "project": Written(
        "project", "project", "Keep live state, lake and checkpoints up with the log, as it grows. 隨事件紀錄更新投影。"
    ),
    "backup": Written(
        "backup",
        "backup",
        "Back the city up, while ingesters write; again into the same folder, only what is new. "
        "備份城市，可同時收資料。",
    ),
    "restore": Written(
        "backup",
        "restore",
        "Make a city from its backup; a damaged one is refused. What was erased stays erased. 由備份還原城市。",
    ),
    "demo": Written(
        "serve", "demo", "Build the demo city, if it is not there, and open the app. 建立示範城市並開啟畫面。"
    ),
    "ui": Written("serve", "ui", "Open the app on a city; it follows the log while others write. 開啟畫面。"),
    "sites": Written("city", "sites", "The city's list of social-housing sites 社會住宅基地清單."),
    "bim": Written("bim", "app", "Building models (IFC) 建築資訊模型."),
    "indicator": Written(
        "indicator",
        "app",
        "Indicators: a projection written today, with its whole history. 指標：今日定義，即有完整歷史。",
    ),
    "device": Written(
        "device",
        "app",
        "What happens to devices: a meter exchanged, a register rolled over. 設備事件：換表、讀數歸零。",
    ),
    "log": Written("log_copy", "log", "The city's log of events 事件紀錄."),
    "lake": Written(
        "lake", "app", "The history as Parquet files, for DuckDB, Spark and polars. 歷史資料湖（Parquet）。"
    ),
    "quarantine": Written("quarantine", "app", "Input that could not be taken 隔離區."),
    "household": Written("household", "app", "Households and the keys of their readings 住戶與讀數金鑰."),
    "scenario": Written("scenario", "app", "What-if scenarios 情境模擬."),
}
"""Name -> where it is written, in the order of the list."""


class CommandsByName(TyperGroup):
    """The commands of the table, each imported when it is asked for."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]  # names, for "did you mean"

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name, None where there is none."""
        return loaded(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of commands, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, written.about) for name, written in COMMANDS.items()])


def loaded(name: str) -> Any:
    """The command, or group of commands, that the table names so."""
    written = COMMANDS[name]
    found = getattr(import_module(f"views.commands.{written.module}"), written.attribute)
    alone = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    alone.callback()(_nothing)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
    else:
        alone.command(name)(found)
    return typer.main.get_group(alone).commands[name]


def _nothing() -> None:
    """What the group of commands does by itself."""
