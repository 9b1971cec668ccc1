"""The first phase's buildings: authored, loaded and published, two at a time, each as soon as it is there."""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from pathlib import Path

from bim import archive
from bim.housing import HousingSpec
from bim.phase_one import file_name, phase_one
from twin.service import Service
from views.demo.week import Share

PROCESSES = 2


def building_id(spec: HousingSpec) -> str:
    """Id of a building of the first phase: as its file is called."""
    return file_name(spec).removesuffix(".ifc")


def publish_models(
    service: Service,
    buildings: int | None,
    since: datetime,
    report: Callable[[str, float], None],
) -> None:
    """Publish the first `buildings` models (None: all), holding from `since`."""
    specs = phase_one()[:buildings]
    report("建築模型 Building models", Share.AUTHORED)
    for n, (spec, sha256) in enumerate(_loaded(specs, service.archive_dir), 1):
        model = archive.read(service.archive_dir, sha256)
        service.publish_model(model, spec.community_id, building_id(spec), since, name=spec.building_name)
        done = n / len(specs) * (Share.GENERATED - Share.AUTHORED)
        report(f"{spec.community_name} {spec.building_name}", Share.AUTHORED + done)


def _loaded(specs: tuple[HousingSpec, ...], archive_dir: Path) -> Iterator[tuple[HousingSpec, str]]:
    """Each building and the digest under which the archive holds its model.

    Processes started fresh, so that this one never holds ifcopenshell.
    """
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="twin-demo-") as folder, ProcessPoolExecutor(PROCESSES, spawn) as pool:
        paths = [Path(folder) / file_name(s) for s in specs]
        yield from zip(specs, pool.map(_author_and_load, specs, paths, [archive_dir] * len(specs)), strict=True)


def _author_and_load(spec: HousingSpec, path: Path, archive_dir: Path) -> str:
    from bim.author import author_building  # only here: it holds ifcopenshell
    from bim.load import load

    author_building(spec, path)
    return load(path, archive_dir=archive_dir).sha256
