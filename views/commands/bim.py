"""`twin bim load`: building models into the archive, and published in the log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from bim.errors import BimError
from bim.load import load as load_model
from bim.load import refusal, summary
from events.clock import now
from twin.place import Place
from twin.service import Service
from views.commands.options import REFUSED, City, Json, instant, logs, show

app = typer.Typer(help="Building models (IFC) 建築資訊模型.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Building models (IFC) 建築資訊模型."""


@app.command()
def load(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="IFC files: .ifc, .ifczip, .ifc.gz")],
    city: City = Path("city"),
    community: Annotated[
        str | None, typer.Option("--community", metavar="ID", help="Publish under this community 社宅基地.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="TIME from which the model holds (default: now) 模型生效時間.")
    ] = None,
    budget: Annotated[float, typer.Option(help="Seconds a file may take.")] = 60.0,
    json: Json = False,
) -> None:
    """Load IFC files; with --community publish each as a revision of its building. 載入建築模型。

    Example: twin bim load dongming-a.ifc --community 84e67c87923337da --city city
    """
    place = Place(city)
    place.read()
    moment = instant(since)
    answers: list[dict[str, Any]] = []
    with place.log() as opened:
        service = Service(opened, place.archive, now)
        for file in files:
            started = time.perf_counter()
            try:
                model = load_model(file, archive_dir=place.archive, budget_s=budget)
                if community:
                    service.publish_model(model, community, building_id(file), time=moment)
                answers.append(summary(model, time.perf_counter() - started) | {"file": str(file)})
            except BimError as error:
                answers.append(refusal(file, error, time.perf_counter() - started))
            logs.print(_line(answers[-1]), markup=False, soft_wrap=True)
    show(answers, as_json=json)
    if any(a["status"] == "refused" for a in answers):
        raise typer.Exit(REFUSED)


def building_id(file: Path) -> str:
    """The building a file is a model of: its name without endings."""
    return file.name.split(".")[0]


def _line(answer: dict[str, Any]) -> str:
    if answer["status"] == "refused":
        return f"refused {answer['file']}: {answer['reason']}"
    drawn = answer["geometry"]
    return f"loaded {answer['file']}: {answer['elements']} elements, {drawn['got']} of {drawn['wanted']} drawn"


__all__ = ["Iterator", "app", "building_id", "load"]
