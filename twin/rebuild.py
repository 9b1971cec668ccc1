"""Projections built anew from the log, beside the running ones, then swapped in."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from events.log import Log
from events.observations import FAMILIES
from twin.projector import Projector


@dataclass(frozen=True)
class Rebuilt:
    """Position covered, rows in the lake, digest of live and history; digest of what was there (None: nothing)."""

    position: int
    rows: int
    digest: str
    before: str | None


def rebuild(log: Log, directory: Path) -> Rebuilt:
    """Fold the whole log into a new lake and checkpoint, compare, and replace the old ones.

    What was there is first brought to the same position, so that equal folds give equal digests.
    """
    head = log.head()
    running = Projector(log, directory)
    before = None
    if running.lake.position:
        running.catch_up(upto=head)
        before = digest(running)
    fresh_directory = directory / "rebuilding"
    shutil.rmtree(fresh_directory, ignore_errors=True)
    fresh = Projector(log, fresh_directory)
    fresh.catch_up(write=True, upto=head)
    fresh.save()
    built = Rebuilt(
        head, sum(q.rows for qs in fresh.lake.manifest.families.values() for q in qs), digest(fresh), before
    )
    for part in ("lake", "checkpoints"):
        _swap(fresh_directory / part, directory / part)
    shutil.rmtree(fresh_directory, ignore_errors=True)
    return built


def digest(projector: Projector) -> str:
    """SHA-256 over the live state and every row of history in the total order, whatever files they lie in."""
    total = hashlib.sha256()
    for name, family in FAMILIES.items():
        rows = pl.concat([projector.lake.all_rows(family), *projector.pending[name]])
        for frame in (projector.live[name], rows.sort("time", "position", "sequence", "entity")):
            total.update(name.encode())
            total.update(frame.hash_rows(seed=3).to_numpy().tobytes())
    return total.hexdigest()


def _swap(fresh: Path, running: Path) -> None:
    """Replace one directory by another; the ingester's memory stays where it was."""
    old = running.with_name(f"{running.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if running.exists():
        running.rename(old)
    fresh.rename(running)
    for kept in ("ingester.npz",):
        if (old / kept).exists():
            (old / kept).rename(running / kept)
    shutil.rmtree(old, ignore_errors=True)
