"""The first phase's buildings: authored, loaded and published, two at a time, each as soon as it is there.

One of them is renovated in the middle of the week, so that a revision can be seen, and checked before and after.
"""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from bim import archive
from bim.check.checking import Checked
from bim.housing import HousingSpec
from bim.phase_one import file_name, phase_one
from twin.service import Service
from views.demo.size import Window
from views.demo.week import Share

PROCESSES = 2
RENOVATED = 4
"""Which building is renovated: 明倫 A棟, or the last one of a smaller city."""

BEFORE = timedelta(days=1)
"""Models hold from so long before the week begins."""


@dataclass(frozen=True)
class Prepared:
    """A building's models in the archive, in the order of their dates, and what their checks found."""

    sha256: str
    renovated: str | None = None
    checks: tuple[Checked, ...] = ()


def building_id(spec: HousingSpec) -> str:
    """Id of a building of the first phase: as its file is called."""
    return file_name(spec).removesuffix(".ifc")


def publish_models(
    service: Service, buildings: int | None, window: Window, report: Callable[[str, float], None]
) -> None:
    """Publish the first `buildings` models (None: all) before the week, and the renovated one in its middle."""
    specs = phase_one()[:buildings]
    report("建築模型 Building models", Share.AUTHORED)
    for n, (spec, prepared) in enumerate(_prepared(specs, service.archive_dir), 1):
        _publish(service, spec, prepared, window)
        done = n / len(specs) * (Share.GENERATED - Share.AUTHORED)
        report(f"{spec.community_name} {spec.building_name}", Share.AUTHORED + done)


def _publish(service: Service, spec: HousingSpec, prepared: Prepared, window: Window) -> None:
    dates = (window.start - BEFORE, window.start + (window.end - window.start) / 2)
    for sha256, date in zip((prepared.sha256, prepared.renovated), dates, strict=True):
        if sha256:
            model = archive.read(service.archive_dir, sha256)
            service.publish_model(model, spec.community_id, building_id(spec), date, name=spec.building_name)
    for checked, date in zip(prepared.checks, dates, strict=False):
        service.keep_check(building_id(spec), checked, date)


def _prepared(specs: tuple[HousingSpec, ...], archive_dir: Path) -> Iterator[tuple[HousingSpec, Prepared]]:
    """Each building and its models.

    Processes started fresh, so that this one never holds ifcopenshell.
    """
    spawn = multiprocessing.get_context("spawn")
    chosen = min(RENOVATED, len(specs) - 1)
    works = [_author_and_renovate if n == chosen else _author_and_load for n in range(len(specs))]
    with tempfile.TemporaryDirectory(prefix="twin-demo-") as folder, ProcessPoolExecutor(PROCESSES, spawn) as pool:
        waiting = [
            pool.submit(work, spec, Path(folder) / file_name(spec), archive_dir.resolve())
            for work, spec in zip(works, specs, strict=True)
        ]
        for spec, answer in zip(specs, waiting, strict=True):
            yield spec, answer.result()


def _author_and_load(spec: HousingSpec, path: Path, archive_dir: Path) -> Prepared:
    from bim.author import author_building  # only here: it holds ifcopenshell
    from bim.load import load

    author_building(spec, path)
    return Prepared(load(path, archive_dir=archive_dir).sha256)


def _bare(checked: Checked) -> Checked:
    """What was found, without the model, which stays in the process that read it."""
    return replace(checked, model=None)


def _author_and_renovate(spec: HousingSpec, path: Path, archive_dir: Path) -> Prepared:
    from bim.author import author_building
    from bim.check.checking import check
    from bim.load import load
    from bim.renovation import renovate

    after = path.with_name(f"renovated-{path.name}")
    author_building(spec, path)
    renovate(path, after)
    models = [load(one, archive_dir=archive_dir) for one in (path, after)]
    checks = tuple(_bare(check(model, one)) for model, one in zip(models, (path, after), strict=True))
    return Prepared(models[0].sha256, models[1].sha256, checks)
