"""A copy of the lake for others: immutable files first, the manifest last, so that a reader never sees half of one.

The same order holds for an object store: put the files that are new, then `entities.parquet`, then `manifest.json`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from events.durable import copy
from events.errors import TwinError
from events.observations import FAMILIES
from twin.lake import open_lake
from twin.manifest import Manifest, write_manifest

TRIES = 5
"""A flush may take a file away that the manifest read before it still named."""


@dataclass(frozen=True)
class Published:
    """The log position that the copy covers; files and bytes copied now, files that were there, files taken away."""

    position: int
    copied: int
    bytes: int
    kept: int
    removed: int


def publish(source: Path, target: Path) -> Published:
    """Bring `target` to the state of the lake in `source`; what its manifest before still named stays until the next.

    TwinError when there is no lake, or when it is flushed faster than it can be copied.
    """
    for _ in range(TRIES):
        manifest = open_lake(source).manifest
        if not manifest.position:
            raise TwinError(f"{source}: no lake here; ingest something, or run twin rebuild")
        try:
            return _published(source, target, manifest)
        except FileNotFoundError:
            continue
    raise TwinError(f"{source}: was flushed {TRIES} times while it was copied; stop the ingester or publish again")


def _published(source: Path, target: Path, manifest: Manifest) -> Published:
    before = open_lake(target).manifest.files()
    files = sorted(manifest.files())
    fresh = [file for file in files if not _same(source / file, target / file)]
    size = sum(_copied(source / file, target / file) for file in fresh)
    for name in FAMILIES:
        if (source / name / "entities.parquet").exists():
            size += _copied(source / name / "entities.parquet", target / name / "entities.parquet")
    write_manifest(target, msgspec.structs.replace(manifest, retired=[]))
    wanted = {target / file for file in {*files, *before}}
    old = [p for p in target.glob("*/*.parquet") if p not in wanted and p.name != "entities.parquet"]
    for path in old:
        path.unlink(missing_ok=True)
    return Published(manifest.position, len(fresh), size, len(files) - len(fresh), len(old))


def _same(source: Path, target: Path) -> bool:
    """Files of the lake are never changed under their name but by the same flush done again: size and time tell."""
    there = source.stat()
    return target.exists() and (target.stat().st_size, target.stat().st_mtime_ns) == (there.st_size, there.st_mtime_ns)


def _copied(source: Path, target: Path) -> int:
    copy(source, target)
    return target.stat().st_size
