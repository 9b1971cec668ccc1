"""Projections on disk at a position of the log: start-up reads this and only what came after."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import polars as pl

from events.durable import put, replacing
from events.observations import FAMILIES
from twin.latest import landed_schema
from twin.projections import ledger as ledgers
from twin.projections.ledger import Ledger
from twin.projections.live import Live, LiveState


class Current(msgspec.Struct, frozen=True):
    """Which checkpoint counts: its folder, position, and the versions of the projections it holds."""

    folder: str
    position: int
    versions: dict[str, int]


@dataclass(frozen=True)
class Checkpoint:
    """Live state and ledger as of `position`."""

    position: int
    live: LiveState
    ledger: Ledger


VERSIONS = {Live.name: Live.version, "ledger": 1}


def empty_checkpoint() -> Checkpoint:
    """Before the first event."""
    return Checkpoint(0, Live().empty(), Ledger())


def save(directory: Path, state: Checkpoint) -> None:
    """Write a checkpoint beside the current one, then make it the current one."""
    folder = directory / f"at-{state.position:012d}"
    for name, frame in state.live.items():
        write_canonical(frame, folder / f"live-{name}.parquet")
    put(folder / "ledger.json", ledgers.encode(state.ledger))
    put(directory / "current.json", msgspec.json.encode(Current(folder.name, state.position, VERSIONS)))
    for old in sorted(directory.glob("at-*"))[:-2]:
        shutil.rmtree(old, ignore_errors=True)


def load(directory: Path) -> Checkpoint:
    """The current checkpoint; the empty one when there is none, it is damaged, or a projection has a new version."""
    try:
        current = msgspec.json.decode((directory / "current.json").read_bytes(), type=Current)
        if current.versions != VERSIONS:
            return empty_checkpoint()
        folder = directory / current.folder
        return Checkpoint(current.position, _live(folder), ledgers.decode((folder / "ledger.json").read_bytes()))
    except (OSError, msgspec.MsgspecError, pl.exceptions.PolarsError):
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
