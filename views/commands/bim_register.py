"""`twin bim cobie`: a model's asset register, written and checked."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from events.errors import UsageError
from twin.place import Place
from views.commands.models import Budget, model_at
from views.commands.options import REFUSED, City, Json, instant, show, tell


def cobie(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="An IFC file; with --check also a register."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.xlsx|FILE.ods|DIR", help="Where to; DIR: CSV 輸出.")
    ] = None,
    city: City = Path("city"),
    building: Annotated[str | None, typer.Option("--building", metavar="ID", help="A building of the city 棟.")] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="TIME of the building's model (default: the latest) 時間.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Check the register as a handover does 檢核清冊.")] = False,
    budget: Budget = 60.0,
    json: Json = False,
) -> None:
    """Write a model's asset register as COBie 2.4, and check it as a handover does. 輸出並檢核資產清冊（COBie）。

    Example: twin bim cobie dongming-a.ifc --out register.xlsx --check

    Example: twin bim cobie register.xlsx --check
    """
    from bim.give.cobie.check import findings
    from bim.give.cobie.export import read_register, write_cobie

    if bool(file) == bool(building) or (at and not building) or not (out or check):
        raise UsageError("give one FILE, or a building with --building ID [--at TIME]; and --out or --check")
    if out is None and file is not None and (file.is_dir() or file.suffix.lower() == ".xlsx"):
        sheets, told = read_register(file), {"register": str(file)}
    else:
        sheets, told = _register(city, file, building, instant(at), out, budget, write_cobie)
    if not check:
        show(told, as_json=json)
        return
    found = findings(sheets)
    errors = found.filter(severity="error").height
    tell(f"{errors} errors, {found.height - errors} of advice")
    show({**told, "errors": errors, "findings": found.to_dicts()}, as_json=json)
    if errors:
        raise typer.Exit(REFUSED)


def _register(
    city: Path,
    file: Path | None,
    building: str | None,
    at: datetime | None,
    out: Path | None,
    budget_s: float,
    write: Callable[..., Any],
) -> tuple[Any, dict[str, Any]]:
    """The sheets of a model's register, written to `out` where there is one, and what is told of it."""
    from bim import archive

    if file is None:
        file = archive.source(Place(city).archive, model_at(city, str(building), at).sha256)
    with tempfile.TemporaryDirectory(prefix="cobie-") as aside:
        register = write(file, out or Path(aside) / "register", budget_s=budget_s)
    notes = {"typed_here": register.typed_here, "partial": register.partial, "repeated_names": register.repeated_names}
    return register.sheets, {"out": str(out) if out else None, "rows": register.rows, **notes}
