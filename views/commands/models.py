"""`twin bim reload`: models of the archive read from their files again, by the reader of today; and models by time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bim import archive
from bim.archive import LAYOUT, Entry
from bim.errors import BimError
from bim.model import BuildingModel
from events.errors import UsageError
from replay.city import City as OpenCity
from twin.place import Place
from views.commands.options import REFUSED, City, Json, show, tell
from views.commands.stated import Mapping

Budget = Annotated[float, typer.Option(help="Seconds a file may take 每檔時限（秒）.")]


def reload(
    city: City = Path("city"),
    building: Annotated[
        list[str] | None,
        typer.Option("--building", metavar="ID", help="Only this building's models, of whatever reader 棟."),
    ] = None,
    mapping: Mapping = None,
    budget: Budget = 60.0,
    json: Json = False,
) -> None:
    """Make anew what an older reader made of the archived models. 重讀典藏的建築模型。

    The log stays as it is: load a file again to publish what is now read of it. --mapping is for models whose own
    mapping file an older reader did not keep.

    Example: twin bim reload --city city
    """
    place = Place(city)
    place.read()
    chosen = _of_buildings(city, place, building) if building else archive.older(place.archive)
    answers = []
    for answer in _reloaded(place.archive, chosen, budget, mapping):
        answers.append(answer)
        tell(f"{answer['status']} {answer['file']}" + (f": {answer['reason']}" if answer["reason"] else ""))
    show(answers, as_json=json)
    if any(answer["status"] == "refused" for answer in answers):
        raise typer.Exit(REFUSED)


def model_at(city: Path, building: str, at: datetime | None) -> BuildingModel:
    """A building's model as the city had it at an instant (None: the latest); UsageError where it had none."""
    with OpenCity.open(city) as opened:
        try:
            return opened.cut(at).model(building)
        except LookupError as error:
            raise UsageError(f"{error}; see the buildings with `twin status`, or give another TIME") from error


def of_readers(archive_dir: Path) -> dict[str, int]:
    """How many models the archive has, and how many of them an older reader read."""
    known = archive.entries(archive_dir)
    return {"archived": len(known), "of_an_older_reader": sum(each.reader < LAYOUT for each in known)}


def _of_buildings(city: Path, place: Place, buildings: list[str]) -> list[Entry]:
    known = {each.sha256: each for each in archive.entries(place.archive)}
    with OpenCity.open(city) as opened:
        cut = opened.cut(None)
        digests = [sha256 for building in buildings for sha256 in cut.revisions(building)["sha256"]]
    return [known[sha256] for sha256 in dict.fromkeys(digests) if sha256 in known]


def _reloaded(
    archive_dir: Path, chosen: list[Entry], budget_s: float, mapping: Path | None
) -> Iterator[dict[str, Any]]:
    from bim.load import reload as read_again  # which needs the loader's libraries: not to be told that all is new
    from bim.process import Worker

    with Worker() as worker:
        for each in chosen:
            told: dict[str, Any] = {"file": each.file, "sha256": each.sha256, "reader_before": each.reader}
            try:
                read_again(archive_dir, each.sha256, budget_s=budget_s, mapping_file=mapping, worker=worker)
            except BimError as error:
                yield {**told, "status": "refused", "reason": str(error), "reader": each.reader}
            else:
                yield {**told, "status": "reloaded", "reason": None, "reader": LAYOUT}
