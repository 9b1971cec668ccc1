"""The ingester's memory on disk: a shortcut past reading the whole log, thrown away whenever it does not fit."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import polars as pl

from events.beliefs import Beliefs
from events.durable import replacing
from events.entities import NAMING
from events.extents import Extents, Whereabouts
from events.log import Log
from events.memory import Memory
from events.observations import FAMILIES
from events.quarantine import QUARANTINE

FORMAT = f"memory.v2 polars {pl.__version__}"
"""Digests of values hold for one version of polars only."""


def save_memory(path: Path, memory: Memory) -> None:
    """Write marks, whereabouts and position; names and refusals are read from the log again."""
    arrays: dict[str, np.ndarray] = {"format": np.array(FORMAT), "position": np.array(memory.position)}
    for name in FAMILIES:
        arrays[f"{name}.time"] = memory.beliefs[name].high_time
        arrays[f"{name}.digest"] = memory.beliefs[name].high_digest
        places = memory.places[name]
        arrays[f"{name}.days"] = np.array(list(places.days), np.int64)
        for key, extents in (("entities", places.entities), ("by_day", places.by_day)):
            arrays[f"{name}.{key}.count"], arrays[f"{name}.{key}.stretches"] = extents.packed()
    with replacing(path) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def load_memory(path: Path, log: Log) -> Memory | None:
    """The saved memory, None when there is none, it is of another form, or it runs ahead of the log."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if str(arrays["format"]) != FORMAT or int(arrays["position"]) > log.head():
                return None
            memory = Memory(int(arrays["position"]), log.vault)
            for name in FAMILIES:
                memory.beliefs[name] = Beliefs(arrays[f"{name}.time"], arrays[f"{name}.digest"])
                entities, by_day = (
                    Extents.unpacked(arrays[f"{name}.{key}.count"], arrays[f"{name}.{key}.stretches"])
                    for key in ("entities", "by_day")
                )
                days = {day: key for key, day in enumerate(arrays[f"{name}.days"].tolist())}
                memory.places[name] = Whereabouts(entities, by_day, days)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    for event in log.read(upto=memory.position, tags=(*NAMING, QUARANTINE)):
        memory.recall(event)
    return memory
