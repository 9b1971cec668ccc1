"""`twin bim`: load models into the archive and the log, compare two, check what the city asks of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bim.batch import Outcome, load_each
from bim.errors import BimError
from bim.model import BuildingModel
from events.clock import now
from events.errors import UsageError
from twin.place import Place
from twin.service import Service
from views.commands.bim_register import cobie
from views.commands.bim_ways import ways
from views.commands.models import Budget, model_at, reload
from views.commands.options import REFUSED, City, Json, instant, show, tell
from views.commands.stated import LengthUnit, Mapping, Site, stated
from views.coverage import of_load

if TYPE_CHECKING:  # what checks is slow to import, and only `check` needs it
    from polars import DataFrame

    from bim.check.checking import CheckOutcome

app = typer.Typer(help="Building models (IFC) 建築資訊模型.", no_args_is_help=True)

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="IFC files: .ifc, .ifczip, .ifc.gz")]


@app.callback()
def _group() -> None:
    """Building models (IFC) 建築資訊模型."""


@app.command()
def load(
    context: typer.Context,
    files: Files,
    city: City = Path("city"),
    community: Annotated[
        str | None, typer.Option("--community", metavar="ID", help="Publish under this community 社宅基地.")
    ] = None,
    building: Annotated[
        str | None,
        typer.Option("--building", metavar="ID", help="The building the file is a model of (default: its name) 棟."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="TIME from which the model holds (default: now) 模型生效時間.")
    ] = None,
    length_unit: LengthUnit = None,
    site: Site = None,
    mapping: Mapping = None,
    budget: Budget = 60.0,
    json: Json = False,
) -> None:
    """Load IFC files; with --community publish each: a second file for a building is its revision. 載入建築模型。

    Where there is no city the files are read and reported, and nothing is kept. 沒有城市資料夾時只讀取並報告。

    Prints a coverage report to forward to the designer, as Markdown. 印出可轉交設計單位的涵蓋率報告。

    Example: twin bim load dongming-a.ifc --community 84e67c87923337da --building dongming-a --city city
    """
    if building and (len(files) > 1 or not community):
        raise UsageError("--building names the building of one file that --community publishes; give one FILE and both")
    place = _kept_in(context, Place(city), community)
    moment, known = instant(since), stated(length_unit, site, mapping)
    answers: list[dict[str, Any]] = []
    with ExitStack() as opened:
        service = Service(opened.enter_context(place.log()), place.archive, now) if place and community else None
        archive_dir = place.archive if place else None
        for outcome in load_each(files, archive_dir=archive_dir, budget_s=budget, **known):
            if service and community and isinstance(outcome.result, BuildingModel):
                service.publish_model(
                    outcome.result, community, building or building_id(outcome.path), moment, name=building
                )
            answers.append(outcome.told | {"file": str(outcome.path)})
            tell(_line(answers[-1]))
    if json:
        show(answers, as_json=True)
    else:
        print("\n".join(map(of_load, answers)), end="")
    if any(answer["status"] == "refused" for answer in answers):
        raise typer.Exit(REFUSED)


@app.command()
def diff(
    files: Annotated[list[Path] | None, typer.Argument(metavar="[A B]", help="Two IFC files 兩個模型檔.")] = None,
    city: City = Path("city"),
    building: Annotated[
        str | None, typer.Option("--building", metavar="ID", help="A building of the city, at two instants 棟.")
    ] = None,
    at: Annotated[str | None, typer.Option("--at", help="First TIME 前一時間.")] = None,
    at2: Annotated[str | None, typer.Option("--at2", help="Second TIME (default: the latest) 後一時間.")] = None,
    length_unit: LengthUnit = None,
    mapping: Mapping = None,
    budget: Budget = 60.0,
    json: Json = False,
) -> None:
    """What changed between two models: added, removed, moved, changed, re-identified. 比較兩版模型。

    Example: twin bim diff before.ifc after.ifc --json
    """
    from bim.revision import diff as changes_between
    from bim.revision import not_compared

    if building and at and not files:
        before, after = model_at(city, building, instant(at)), model_at(city, building, instant(at2))
    elif files and len(files) == 2 and not building:
        before, after = (
            _model(outcome) for outcome in load_each(files, budget_s=budget, **stated(length_unit, None, mapping))
        )
    else:
        raise UsageError("compare two files (twin bim diff A B), or --building ID --at TIME [--at2 TIME]")
    rows = changes_between(before, after).to_dicts()
    counts = dict(sorted(Counter(row["change"] for row in rows).items()))
    show(
        {"before": before.file, "after": after.file, "counts": counts, "changes": rows}
        | _unseen(not_compared(before, after)),
        as_json=json,
    )


def _unseen(unknown: DataFrame) -> dict[str, Any]:
    """What could not be compared, if anything."""
    return {"not_compared": unknown.to_dicts()} if unknown.height else {}


@app.command()
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE...]", help="IFC files: .ifc, .ifczip, .ifc.gz")
    ] = None,
    city: City = Path("city"),
    building: Annotated[
        list[str] | None,
        typer.Option(
            "--building", metavar="ID", help="A building of the city: its result goes into the log 棟（留存結果）."
        ),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="TIME of the building's model (default: the latest) 時間.")
    ] = None,
    ids: Annotated[
        Path | None, typer.Option("--ids", metavar="FILE.ids", help="IDS 1.0 requirements (default: the city's own).")
    ] = None,
    bcf: Annotated[
        Path | None, typer.Option("--bcf", metavar="FILE.bcf", help="Write what fails as BCF 3.0 議題檔.")
    ] = None,
    length_unit: LengthUnit = None,
    mapping: Mapping = None,
    budget: Budget = 60.0,
    json: Json = False,
) -> None:
    """Check IFC files, or buildings' models, against the city's requirements (IDS) and the rule of three meters. 檢核。

    Example: twin bim check --building dongming-a --city city --bcf issues.bcf
    """
    from bim.check.checking import check_each, told
    from bim.check.issues import write_bcf

    if bool(files) == bool(building) or (at and not building):
        raise UsageError("check FILEs, or buildings of the city with --building ID [--at TIME]")
    if building:
        outcomes = list(_checked(city, building, instant(at), ids, budget))
    else:
        outcomes = list(check_each(files or [], ids=ids, budget_s=budget, **stated(length_unit, None, mapping)))
    answers = [told(outcome) for outcome in outcomes]
    if bcf:
        found = {str(o.path): o.result for o in outcomes if not isinstance(o.result, BimError)}
        tell(f"{write_bcf(found, bcf, now())} topics in {bcf}")
    for answer in answers:
        tell(_verdict(answer))
    show(answers, as_json=json)
    if any(answer["status"] != "passed" for answer in answers):
        raise typer.Exit(REFUSED)


def _checked(
    city: Path, buildings: list[str], at: datetime | None, ids: Path | None, budget_s: float
) -> Iterator[CheckOutcome]:
    """Each building's archived file, checked; what is found goes into the log."""
    from bim import archive
    from bim.check.checking import CheckOutcome, check

    models = [(building, model_at(city, building, at)) for building in buildings]
    place = Place(city)
    with place.log() as opened:
        service = Service(opened, place.archive, now)
        for building, model in models:
            try:
                checked = check(model, archive.source(place.archive, model.sha256), ids=ids, budget_s=budget_s)
            except BimError as error:
                yield CheckOutcome(Path(model.file), error)
                continue
            service.keep_check(building, checked)
            yield CheckOutcome(Path(model.file), checked)


def _kept_in(context: typer.Context, place: Place, community: str | None) -> Place | None:
    """The city that keeps the models; None where there is none and neither --city nor --community asks for one."""
    source = context.get_parameter_source("city")
    is_asked = source is not None and source.name == "COMMANDLINE"
    if not community and not is_asked and not place.file.exists():
        tell(f"no city in {place.directory}: the models are read and reported, not kept")
        return None
    place.read()
    return place


def building_id(file: Path) -> str:
    """The building a file is a model of: its name without endings."""
    return file.name.split(".")[0]


def _model(outcome: Outcome) -> BuildingModel:
    if isinstance(outcome.result, BimError):
        raise outcome.result
    return outcome.result


def _line(answer: dict[str, Any]) -> str:
    if answer["status"] == "refused":
        return f"refused {answer['file']}: {answer['reason']}"
    drawn = answer["geometry"]
    return f"loaded {answer['file']}: {answer['elements']} elements, {drawn['got']} of {drawn['wanted']} drawn"


def _verdict(answer: dict[str, Any]) -> str:
    said = answer["reason"] or f"{len(answer['failures'])} failures, {len(answer['meters'])} meter findings"
    return "; ".join([f"{answer['status']} {answer['file']}: {said}", *answer["notes"]])


app.command()(cobie)
app.command()(reload)
app.command()(ways)

__all__ = ["app", "building_id", "check", "cobie", "diff", "load", "ways"]
