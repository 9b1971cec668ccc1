"""`twin scenario run`: what if, compared with the baseline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from events.clock import now
from replay.city import City as OpenCity
from twin.place import Place
from twin.service import Service
from views.commands.options import City, Json, show

app = typer.Typer(help="What-if scenarios 情境模擬.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """What-if scenarios 情境模擬."""


@app.command()
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="The scenario 情境檔.")],
    city: City = Path("city"),
    json: Json = False,
) -> None:
    """Run a scenario on the city and compare it with the baseline. 執行情境並與基準比較。

    Example: twin scenario run docs/scenarios/rooftop-pv-battery.toml --city city --json
    """
    from replay.run import run_file  # its solvers are slow to import, and no other command needs them

    place = Place(city)
    with OpenCity.open(city) as opened, place.log() as log:
        result = run_file(opened, file, service=Service(log, place.archive, now))
    show(orjson.loads(result.to_json()), as_json=json)
