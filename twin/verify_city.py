"""Is everything beside the log whole: lake, checkpoint, an ingester's memory, indicators' answers, archive, vault.

As `twin.verify`, it reports and never raises. What is derived and damaged costs nothing but `twin rebuild`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import polars as pl

from bim import archive_digests
from events.errors import DamagedLakeError, TwinError
from events.log import Log
from events.memory_file import load_memory
from events.observations import FAMILIES
from events.sealing.chain import Mark
from twin import checkpoint, lake_digests
from twin.lake import open_lake
from twin.manifest import FILE, read_manifest
from twin.place import Place
from twin.projector import Projector


def verify_city(place: Place, log: Log) -> list[str]:
    """What of a city's files does not hold together, each problem with the file that it is about."""
    problems: list[str] = []
    for check in (_vault, _archive, _lake, _checkpoint, _memory, _names):
        try:
            problems += check(place, log)
        except Exception as error:  # noqa: BLE001 whatever damaged bytes do to a reader is reported
            problems.append(f"{place.directory}: {error}")
    return problems


def _vault(place: Place, _: Log) -> Iterator[str]:
    yield from place.vault().amiss()


def _archive(place: Place, _: Log) -> Iterator[str]:
    for folder in sorted(p for p in place.archive.glob("??/*") if p.is_dir()):
        yield from archive_digests.amiss(folder)


def _lake(place: Place, log: Log) -> Iterator[str]:
    path = place.lake / FILE
    if not path.exists():
        return
    manifest = read_manifest(place.lake)
    if not manifest.position:
        yield f"{path}: is damaged, or of an earlier twin: twin rebuild"
        return
    yield from _of_another(log, manifest.position, manifest.mark, path)
    if not open_lake(place.lake).position:
        yield f"{place.lake}: a file is missing or damaged: twin rebuild"
    for file, digest in sorted(manifest.digests.items()):
        try:
            if lake_digests.digest_of(place.lake / file) != digest:
                yield f"{place.lake / file}: does not have the digest that the manifest names: twin rebuild"
        except OSError as error:
            yield f"{place.lake / file}: cannot be read ({error.strerror}): twin rebuild"


def _checkpoint(place: Place, log: Log) -> Iterator[str]:
    path = place.directory / "checkpoints" / checkpoint.CURRENT
    if not path.exists():
        return
    found = checkpoint.load(path.parent)
    if not found.position:
        yield f"{path}: is damaged, or of an earlier twin: twin rebuild"
        return
    yield from _of_another(log, found.position, found.mark, path)


def _memory(place: Place, log: Log) -> Iterator[str]:
    if place.memory.exists() and load_memory(place.memory, log) is None:
        yield f"{place.memory}: is damaged, of an earlier twin, or of another log: an ingester makes it anew"


def _names(place: Place, log: Log) -> Iterator[str]:
    """The lake's dictionaries, which other tools read."""
    kept = {name: place.lake / name / "entities.parquet" for name in FAMILIES}
    if not any(path.exists() for path in kept.values()):
        return
    projector = Projector(log, place.directory)
    projector.catch_up()
    for name, path in kept.items():
        if not path.exists():
            continue
        names = projector.entities[name].names()
        with suppress(pl.exceptions.PolarsError, OSError):
            if pl.read_parquet(path).equals(names.head(pl.read_parquet(path).height)):
                continue
        yield f"{path}: does not hold the names that the log and the vault have: twin rebuild"


def _of_another(log: Log, position: int, mark: Mark, path: Path) -> Iterator[str]:
    try:
        if not log.holds(mark):
            yield (
                f"{path}: covers position {position} of another log than the one here (head {log.head()}): a backup "
                "was put back, or events are missing at the log's end; if that was meant: twin rebuild"
            )
    except (TwinError, DamagedLakeError) as error:
        yield f"{path}: cannot be compared with the log: {error}"
