"""A city generated straight into a log: 36,000 registers at 15 minutes and 1,700 bike stations at 5 minutes.

The batches are those that an ingester writes (one a family and step, the same encoding); decoding and the look for
duplicates are left out, which `benchmarks.ingest` measures.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from events.batch import BATCH, Header, encode
from events.entities import ENTITIES
from events.ids import SourceId, StreamId
from events.log import Log, NewEvent, Tracked
from events.observations import DOCKS, FAMILIES, READINGS, Family

POINTS, STEP_S = 36_000, 900
STATIONS, STATION_STEP_S = 1_700, 300
START = datetime(2026, 1, 1, tzinfo=UTC)
POINT = "urn:dev:ser:E0000000007:1-0:1.8.0"
"""One of the points."""

Registers = npt.NDArray[np.float64]


def generate(log: Log, days: int) -> int:
    """Append `days` of the city from START on; the number of observations."""
    _name(log, READINGS, {"point_id": [f"urn:dev:ser:E{n:010d}:1-0:1.8.0" for n in range(POINTS)], "unit": "kWh"})
    _name(log, DOCKS, {"station_id": [f"5001{n:05d}" for n in range(STATIONS)]})
    chance, registers, version = np.random.default_rng(1), np.zeros(POINTS), {"readings": 0, "docks": 0}
    for second in range(0, days * 86_400, STATION_STEP_S):
        batches = [(DOCKS, _docks(chance, second))]
        if second % STEP_S == 0:
            registers = np.round(registers + chance.gamma(1.0, 0.1, POINTS), 2)
            batches.append((READINGS, _readings(registers, second)))
        for family, frame in batches:
            version[family.name] += 1
            _append(log, family, frame, version[family.name], second)
    return POINTS * version["readings"] + STATIONS * version["docks"]


def _name(log: Log, family: Family, names: dict[str, list[str] | str]) -> None:
    count = max(len(n) for n in names.values() if isinstance(n, list))
    frame = pl.DataFrame({"entity": pl.Series(range(count), dtype=pl.UInt32)}).with_columns(
        (pl.lit(value) if isinstance(value, str) else pl.Series(value)).alias(name) for name, value in names.items()
    )
    state = encode(Header(family.name, "bench", 0, 0), frame)
    log.append([NewEvent(StreamId(f"entities:{family.name}"), 1, ENTITIES, state)])


def _append(log: Log, family: Family, frame: pl.DataFrame, version: int, second: int) -> None:
    at = _micros(second)
    header = Header(family.name, "bench", 0, at, offered=frame.height, min_time=at, max_time=at)
    event = NewEvent(StreamId(f"bench/{family.name}"), version, BATCH, encode(header, frame))
    log.append([event], tracking=Tracked(SourceId(f"bench:{family.name}"), version))


def _readings(registers: Registers, second: int) -> pl.DataFrame:
    return _stored(READINGS, POINTS, second, {"value": registers, "quality": np.zeros(POINTS, np.uint8)})


def _docks(chance: np.random.Generator, second: int) -> pl.DataFrame:
    bikes = chance.integers(0, 30, STATIONS)
    empty: dict[str, object] = dict.fromkeys(DOCKS.values)
    counts = {"num_vehicles_available": bikes, "num_docks_available": 30 - bikes, "capacity": np.full(STATIONS, 30)}
    return _stored(DOCKS, STATIONS, second, empty | counts)


def _stored(family: Family, rows: int, second: int, values: dict[str, object]) -> pl.DataFrame:
    keys = {"entity": np.arange(rows), "time": np.full(rows, _micros(second)), "sequence": np.zeros(rows, np.uint16)}
    return pl.DataFrame(keys | values, strict=False).cast(FAMILIES[family.name].stored)  # type: ignore[arg-type]


def _micros(second: int) -> int:
    return int((START.timestamp() + second) * 1e6)
