"""Projections on disk at a position of the log: start-up reads this and only what came after."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import polars as pl

from events.durable import put, replacing
from events.observations import FAMILIES
from events.sealing.chain import BEGINNING, Mark
from events.sealing.record_clock import RISING, RecordClock
from twin.lake_digests import digest_of
from twin.latest import landed_schema
from twin.projections import ledger as ledgers
from twin.projections.ledger import Ledger
from twin.projections.live import Live, LiveState

logger = logging.getLogger(__name__)

LEDGER = "ledger.json"

CLOCK = "clock.json"


class Current(msgspec.Struct, frozen=True):
    """Which checkpoint counts: its folder, position, and the versions of the projections it holds.

    `mark`: where the log's chain stood there; `digests`: SHA-256 of each file; `digest`: of this record without it.
    """

    folder: str
    position: int
    versions: dict[str, int]
    mark: Mark = BEGINNING
    digests: dict[str, str] = {}
    digest: str = ""


@dataclass(frozen=True)
class Checkpoint:
    """Live state and ledger as of `position`, where the log's chain stands at `mark`."""

    position: int
    live: LiveState
    ledger: Ledger
    mark: Mark = BEGINNING
    clock: RecordClock = RISING


VERSIONS = {"clock": 1, Live.name: Live.version, "ledger": 1}

CURRENT = "current.json"


def empty_checkpoint() -> Checkpoint:
    """Before the first event."""
    return Checkpoint(0, Live().empty(), Ledger())


def save(directory: Path, state: Checkpoint) -> None:
    """Write a checkpoint beside the current one, then make it the current one."""
    folder = directory / f"at-{state.position:012d}-{state.mark.digest[:8]}"
    live = {f"live-{name}.parquet": frame for name, frame in state.live.items()}
    for name, frame in live.items():
        write_canonical(frame, folder / name)
    put(folder / LEDGER, ledgers.encode(state.ledger))
    put(folder / CLOCK, msgspec.json.encode(state.clock))
    digests = {name: digest_of(folder / name) for name in (*live, LEDGER, CLOCK)}
    before = _current(directory)
    plain = Current(folder.name, state.position, VERSIONS, state.mark, digests)
    put(directory / CURRENT, msgspec.json.encode(msgspec.structs.replace(plain, digest=_digest(plain))))
    kept = {folder.name, before.folder if before else ""}
    for old in directory.glob("at-*"):
        if old.name not in kept:
            shutil.rmtree(old, ignore_errors=True)


def load(directory: Path) -> Checkpoint:
    """The current checkpoint; the empty one when there is none, it is damaged, or a projection has a new version."""
    path = directory / CURRENT
    if not path.exists():
        return empty_checkpoint()
    current = _current(directory)
    if current is None:
        return _none(path, "is damaged, or of an earlier twin")
    if current.versions != VERSIONS:
        return _none(path, "is of other versions of the projections")
    folder = directory / current.folder
    try:
        amiss = next((name for name, digest in current.digests.items() if digest_of(folder / name) != digest), None)
        if amiss is not None:
            return _none(folder / amiss, "is damaged: it does not have the digest that was kept")
        ledger = ledgers.decode((folder / LEDGER).read_bytes())
        clock = msgspec.json.decode((folder / CLOCK).read_bytes(), type=RecordClock)
        return Checkpoint(current.position, _live(folder), ledger, current.mark, clock)
    except (OSError, msgspec.MsgspecError, pl.exceptions.PolarsError) as error:
        return _none(folder, f"cannot be read ({error})")


def _current(directory: Path) -> Current | None:
    """What counts, None where there is none, or it does not have its digest."""
    try:
        current = msgspec.json.decode((directory / CURRENT).read_bytes(), type=Current)
    except (OSError, msgspec.MsgspecError):
        return None
    return current if current.digest == _digest(msgspec.structs.replace(current, digest="")) else None


def _digest(current: Current) -> str:
    return hashlib.sha256(msgspec.json.encode(current)).hexdigest()


def _none(path: Path, why: str) -> Checkpoint:
    logger.warning("%s %s; live state is made anew from the log, which takes longer: twin rebuild", path, why)
    return empty_checkpoint()


def write_canonical(frame: pl.DataFrame, path: Path) -> None:
    """A frame as Parquet whose bytes depend on nothing but its rows."""
    with replacing(path) as part:
        frame.rechunk().write_parquet(
            part, compression="zstd", compression_level=1, row_group_size=1 << 20, statistics=False
        )


def _live(folder: Path) -> Mapping[str, pl.DataFrame]:
    return {
        name: pl.read_parquet(folder / f"live-{name}.parquet").select(list(landed_schema(family)))
        for name, family in FAMILIES.items()
    }
