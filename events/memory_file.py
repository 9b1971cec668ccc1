"""The ingester's memory on disk: a shortcut past reading the whole log, thrown away whenever it does not fit."""

from __future__ import annotations

import hashlib
import io
import logging
import zipfile
from pathlib import Path

import numpy as np
import polars as pl

from events.beliefs import Beliefs
from events.durable import put
from events.entities import NAMING
from events.extents import Extents, Whereabouts
from events.log import Log
from events.memory import Memory
from events.observations import FAMILIES
from events.quarantine import QUARANTINE
from events.sealing.chain import Mark
from events.told_again import Facts

logger = logging.getLogger(__name__)

FORMAT = f"memory.v3 polars {pl.__version__}"
"""Digests of values hold for one version of polars only."""

DIGEST = 32
"""Bytes of the SHA-256 that ends the file."""


def save_memory(path: Path, memory: Memory) -> None:
    """Write marks, whereabouts, position and the log's digest there; names and refusals are read from the log again."""
    arrays: dict[str, np.ndarray] = {"format": np.array(FORMAT), "position": np.array(memory.position)}
    arrays["chain"] = np.array([str(memory.mark.position), memory.mark.digest, memory.mark.before])
    for name in FAMILIES:
        arrays[f"{name}.time"] = memory.beliefs[name].high_time
        arrays[f"{name}.digest"] = memory.beliefs[name].high_digest
        if name in memory.facts:
            arrays[f"{name}.fact"], arrays[f"{name}.told"] = memory.facts[name].position, memory.facts[name].digest
        places = memory.places[name]
        arrays[f"{name}.days"] = np.array(list(places.days), np.int64)
        for key, extents in (("entities", places.entities), ("by_day", places.by_day)):
            arrays[f"{name}.{key}.count"], arrays[f"{name}.{key}.stretches"] = extents.packed()
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    put(path, content.getvalue() + hashlib.sha256(content.getbuffer()).digest())


def load_memory(path: Path, log: Log) -> Memory | None:
    """The saved memory, None when there is none, it is damaged, of another form, or of another log than this one."""
    content = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(content[:-DIGEST]).digest() != content[-DIGEST:]:
        if content:
            logger.warning("%s is damaged, or of an earlier twin; the log is read instead", path)
        return None
    try:
        with np.load(io.BytesIO(content[:-DIGEST]), allow_pickle=False) as arrays:
            if str(arrays["format"]) != FORMAT:
                return None
            at, digest, before = arrays["chain"].tolist()
            memory = Memory(int(arrays["position"]), log.vault, Mark(int(at), digest, before))
            for name in FAMILIES:
                memory.beliefs[name] = Beliefs(arrays[f"{name}.time"], arrays[f"{name}.digest"])
                if name in memory.facts:
                    memory.facts[name] = Facts(arrays[f"{name}.fact"], arrays[f"{name}.told"])
                entities, by_day = (
                    Extents.unpacked(arrays[f"{name}.{key}.count"], arrays[f"{name}.{key}.stretches"])
                    for key in ("entities", "by_day")
                )
                days = {day: key for key, day in enumerate(arrays[f"{name}.days"].tolist())}
                memory.places[name] = Whereabouts(entities, by_day, days)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    if not log.holds(memory.mark):
        logger.warning("%s is of another log than this one; the log is read instead", path)
        return None
    for event in log.read(upto=memory.position, tags=(*NAMING, QUARANTINE)):
        memory.recall(event)
    return memory
