"""Files built from the log that hold names, after a household left: written anew, or dropped until asked for again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from events.log import Log
from twin.projector import Projector

TRIES, PAUSE_S = 50, 0.2
"""How long an ingester that is saving its own projections is waited for."""

INDICATORS = "indicators"
"""The city's folder of indicators' answers (`twin.indicator_store`)."""


@dataclass(frozen=True)
class Rewritten:
    """Whether the lake's names were written anew (False: an ingester was at it all the while, and does so itself), and
    which indicators lost their answers: fold them again with `twin indicator run`."""

    names: bool
    indicators: list[str]


def rewrite(log: Log, directory: Path, words: Sequence[str]) -> Rewritten:
    """Bring the files of the city in `directory` to where they hold none of `words`: names, serials, dwellings."""
    return Rewritten(_renamed(log, directory), _dropped(directory / INDICATORS, words))


def _renamed(log: Log, directory: Path) -> bool:
    for _ in range(TRIES):
        projector = Projector(log, directory)
        projector.catch_up(write=True)
        if projector.save():
            return True
        time.sleep(PAUSE_S)
    return False


def _dropped(indicators: Path, words: Sequence[str]) -> list[str]:
    """Take the answers away from versions that told of `words`; their declaring files stay."""
    told = {file.parent for file in indicators.glob("*/*.parquet") if _mentions(file, words)}
    for folder in told:
        for file in (folder / "manifest.json", *folder.glob("*.parquet")):
            file.unlink(missing_ok=True)
    return sorted(folder.name for folder in told)


def _mentions(file: Path, words: Sequence[str]) -> bool:
    texts = pl.read_parquet(file).select(pl.col(pl.String).str.contains_any(list(words)).any())
    return any(texts.row(0)) if texts.width else False
