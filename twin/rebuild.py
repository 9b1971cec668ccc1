"""Projections built anew from the log, beside the running ones, then swapped in."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from events.durable import move
from events.errors import DamagedLakeError, LogUnavailableError, UsageError
from events.log import Log
from events.memory_file import load_memory
from events.observations import FAMILIES
from twin import checkpoint
from twin.checkpoint import Checkpoint
from twin.lake import Lake, open_lake
from twin.manifest import Manifest, write_manifest
from twin.place import Place
from twin.projector import Projector

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rebuilt:
    """Position covered and rows in the lake; digest of live and history at the head that was found, and that of what
    was there, brought to the same position (None: nothing was there, or it was damaged)."""

    position: int
    rows: int
    digest: str
    before: str | None


def rebuild(log: Log, directory: Path) -> Rebuilt:
    """Fold the whole log into a new lake and checkpoint, compare, and let them answer instead of the old ones.

    Nobody has to stop: readers and ingesters go on with the old ones meanwhile, and take the new ones at their next
    refresh or flush. What was there is first brought to the same position, so that equal folds give equal digests.
    Killed at any moment before the new manifest stands, it leaves the old answer. UsageError while another process
    rebuilds, LogError when the new files cannot be written.
    """
    with _only(directory / "checkpoints" / "rebuild-lock"):
        return _rebuilt(log, directory)


def _rebuilt(log: Log, directory: Path) -> Rebuilt:
    head = log.head()
    before = _digest_before(log, directory, head)
    building = directory / "rebuilding"
    shutil.rmtree(building, ignore_errors=True)
    fresh = Projector(log, building, city=directory)
    fresh.catch_up(write=True, upto=head)
    found = digest(fresh)
    with _alone(directory / "checkpoints" / "lock"):
        further = max(head, open_lake(directory / "lake").position)  # which may be of another, longer log
        fresh.catch_up(write=True, upto=min(further, log.head()))
        if not fresh.save():
            raise LogUnavailableError(f"{building}: cannot be written; free some disk space, and rebuild again")
        _adopt(fresh.lake, directory / "lake")
        state = Checkpoint(fresh.position, fresh.live, fresh.ledger, fresh.mark, fresh.clock)
        checkpoint.save(directory / "checkpoints", state)
    shutil.rmtree(building, ignore_errors=True)
    memory = Place(directory).memory
    if memory.exists() and load_memory(memory, log) is None:
        memory.unlink(missing_ok=True)  # of another log, or of an earlier twin: an ingester would pass over it
    rows = sum(q.rows for qs in fresh.lake.manifest.families.values() for q in qs)
    return Rebuilt(fresh.position, rows, found, before)


def _digest_before(log: Log, directory: Path, head: int) -> str | None:
    """Digest of what is there, brought to `head`; None where nothing is, or it cannot be read."""
    running = Projector(log, directory)
    if not running.lake.position:
        return None
    running.catch_up(upto=head)
    try:
        return digest(running)
    except DamagedLakeError as error:
        logger.warning("%s", error)
        return None


def digest(projector: Projector) -> str:
    """SHA-256 over the live state and every row of history in the total order, whatever files they lie in.

    History that the retention lets go is left out, whether a flush has done so yet or not. A quarter is read at once.
    """
    total = hashlib.sha256()
    for name, family in FAMILIES.items():
        history = (frame for _, frame in projector.history(family))
        for frame in chain([projector.live[name]], history):
            total.update(name.encode())
            total.update(frame.hash_rows(seed=3).to_numpy().tobytes())
    return total.hexdigest()


def _adopt(fresh: Lake, running: Path) -> None:
    """Move the files of a new lake among those of the running one, under names of their own, and swap the manifest.

    The old files are retired: they go at the next flush, as any that a flush replaces, so that readers find them.
    """
    old = open_lake(running).manifest
    born = secrets.token_hex(4)
    names = {file: _named(file, born) for file in fresh.manifest.files()}
    for file, name in names.items():
        move(fresh.directory / file, running / name)
    for path in fresh.directory.glob("*/entities.parquet"):
        move(path, running / path.parent.name / path.name)
    manifest = msgspec.convert(_renamed(msgspec.to_builtins(fresh.manifest), names), Manifest)
    retired = sorted(old.files() | set(old.retired))
    write_manifest(running, msgspec.structs.replace(manifest, retired=retired))


def _named(file: str, born: str) -> str:
    """A name that no file of the running lake has: `readings/part-000000000031-0.parquet` with the birth before it."""
    folder, _, name = file.rpartition("/")
    kind, _, rest = name.partition("-")
    return f"{folder}/{kind}-{born}-{rest}"


def _renamed(told: Any, names: Mapping[str, str]) -> Any:
    """A manifest's plain values with other file names, wherever they stand."""
    if isinstance(told, dict):
        return {names.get(key, key): _renamed(value, names) for key, value in told.items()}
    if isinstance(told, list):
        return [_renamed(value, names) for value in told]
    return names.get(told, told) if isinstance(told, str) else told


@contextmanager
def _only(lock: Path) -> Iterator[None]:
    """While no other process rebuilds; does not wait for one that does, since its answer is the same."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"{lock.parent.parent}: is being rebuilt by another process; wait for it to end") from None
        yield


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """While no other process flushes; waits for one that does."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
