"""`twin bim ways`: the ways through a building, its stairs, and who is cut off when something is out of service."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from events.errors import UsageError
from views.commands.models import Budget, model_at
from views.commands.options import City, Json, instant, show, tell
from views.commands.stated import LengthUnit, Mapping, Site, stated

if TYPE_CHECKING:
    from bim.model import BuildingModel


def ways(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="An IFC file: .ifc, .ifczip, .ifc.gz 建築模型檔.")
    ] = None,
    out_of_service: Annotated[
        list[str] | None,
        typer.Option("--out-of-service", metavar="GLOBALID", help="A lift, stair or door that is out 停用的設備."),
    ] = None,
    city: City = Path("city"),
    building: Annotated[str | None, typer.Option("--building", metavar="ID", help="A building of the city 棟.")] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="TIME of the building's model (default: the latest) 時間.")
    ] = None,
    length_unit: LengthUnit = None,
    site: Site = None,
    mapping: Mapping = None,
    budget: Budget = 60.0,
    json: Json = False,
) -> None:
    """Show the ways through a building: passages, stairs, and dwellings that are cut off. 顯示建築物內的動線。

    Example: twin bim ways dongming-a.ifc --json

    Example: twin bim ways --building dongming-a --out-of-service 2O2Fr$t4X7Zf8NOew3FNbT --city city
    """
    if bool(file) == bool(building) or (at and not building):
        raise UsageError("give one FILE, or a building of the city with --building ID [--at TIME]")
    model = _model(file, city, building, instant(at), budget, stated(length_unit, site, mapping))
    answer = _told(model, out_of_service or [])
    tell(f"{len(answer['passages'])} passages between {answer['places']} places, {len(answer['stairs'])} stairs")
    show(answer, as_json=json)


def _model(
    file: Path | None, city: Path, building: str | None, at: datetime | None, budget_s: float, known: dict[str, Any]
) -> BuildingModel:
    from bim.load import load

    return model_at(city, str(building), at) if file is None else load(file, budget_s=budget_s, **known)


def _told(model: BuildingModel, out: list[str]) -> dict[str, Any]:
    """What is printed: passages (`bim.ways`), stairs, dwellings that lose their step-free way; lengths in metres."""
    from bim import graph
    from bim.ways import ways as ways_of
    from bim.ways.flights import flights

    found = ways_of(model)
    known = {row["passage_id"] for row in found.passages.iter_rows(named=True)}
    if strange := sorted(set(out) - known):
        raise UsageError(f"{', '.join(strange)}: no passage of {model.file}; `twin bim ways FILE --json` lists them")
    stairs = [
        {
            "global_id": each.keys[0],
            "risers": each.risers,
            "riser_m": each.riser_m,
            "tread_m": each.tread_m,
            "length_m": each.length_m,
            "clear_width_m": each.clear_width_m,
        }
        for each in flights(model)
    ]
    return {
        "file": model.file,
        "places": found.places.height,
        "connected_share": round(graph.connected_share(found), 4),
        "unknown_widths": graph.unknown_widths(found),
        "passages": found.passages.to_dicts(),
        "stairs": stairs,
        "cut_off": sorted(graph.cut_off(found, out)),
    }
