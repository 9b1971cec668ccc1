"""What a lake holds, and what it costs on disk, by family."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from events.clock import instant
from events.observations import FAMILIES, Family
from twin.lake import Lake, open_lake


@dataclass(frozen=True)
class Held:
    """One family: rows, first and last event time, files and bytes, bytes a row, and the share of rows by entity.

    `kept_from`: the first instant that can be asked for, where older history was let go (null: all is there).
    """

    family: str
    rows: int
    first: datetime
    last: datetime
    quarters: int
    files: int
    bytes: int
    bytes_per_row: float
    share_by_entity: float
    kept_from: datetime | None


def held(directory: Path) -> tuple[int, list[Held]]:
    """The log position that the lake in `directory` covers, and its families that have rows."""
    lake = open_lake(directory)
    return lake.position, [_held(lake, family) for family in FAMILIES.values() if _rows(lake, family)]


def strays(directory: Path) -> list[Path]:
    """Parquet files that the manifest does not name: retired, or the rest of an interrupted flush."""
    named = {directory / file for file in open_lake(directory).manifest.files()}
    return sorted(p for p in directory.glob("*/*.parquet") if p not in named and p.name != "entities.parquet")


def _rows(lake: Lake, family: Family) -> int:
    return sum(quarter.rows for quarter in lake.quarters(family))


def _held(lake: Lake, family: Family) -> Held:
    quarters = lake.quarters(family)
    parts = [part for quarter in quarters for part in quarter.parts]
    rows, kept_from = _rows(lake, family), lake.kept_from(family)
    files = [file for file in lake.manifest.files() if file.startswith(f"{family.name}/")]
    size = sum((lake.directory / file).stat().st_size for file in files)
    return Held(
        family.name,
        rows,
        instant(min(part.first_time for part in parts)),
        instant(max(part.last_time for part in parts)),
        len(quarters),
        len(files),
        size,
        size / rows,
        sum(band.rows for band in lake.bands(family)) / rows,
        None if kept_from is None else instant(kept_from),
    )
