"""`twin project`: the projections of a city kept up by a process of their own, beside ingesters and app."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from events.allocation import few_arenas
from events.errors import LogUnavailableError
from events.log import Log
from twin.place import Place
from twin.projector import Projector
from views.commands.options import City, Json, show, tell
from views.commands.running import stop_on_signals

WAIT_S = 1.0
SAVE_EVERY_S = 5.0


def project(
    city: City = Path("city"),
    until_idle: Annotated[bool, typer.Option("--until-idle", help="Stop when all is projected 處理完即停止.")] = False,
    json: Json = False,
) -> None:
    """Keep live state, lake and checkpoints up with the log, as it grows. 隨事件紀錄更新投影。

    On PostgreSQL the server tells when something was appended (LISTEN/NOTIFY).

    Example: twin project --city city
    """
    few_arenas()
    place, stopped = Place(city), stop_on_signals()
    with place.log() as log:
        projector = Projector(log, place.directory)
        projector.catch_up(write=True)
        projector.save()
        while not until_idle and not stopped.is_set():
            _turn(log, projector)
        projector.save()
    show({"position": projector.position, "lake": projector.lake.position}, as_json=json)


def _turn(log: Log, projector: Projector) -> None:
    """Wait for events and fold them; what came within SAVE_EVERY_S is saved together."""
    saved = time.monotonic()
    before = projector.position
    try:
        while time.monotonic() - saved < SAVE_EVERY_S and log.wait(projector.position, WAIT_S) > projector.position:
            projector.catch_up(write=True)
    except LogUnavailableError as error:
        tell(f"{error}; waiting 等待中")
        time.sleep(WAIT_S)
    if projector.position > before:
        projector.save()
