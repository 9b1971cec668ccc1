"""The city's list of social-housing sites: a tab-separated table, `#` lines are comments.

Columns: id, name, district, address, longitude, latitude (degrees, WGS84); optional: name_en, households, residents,
floors, status, since (the date or time from which the row holds, where its source gives one). Other columns are passed
over; an empty cell is unknown. A row without `since` holds from the date of the list (`twin sites load --as-of`).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from events.clock import TAIPEI, parse_time
from events.errors import PayloadError, TwinError
from twin.aggregates.community import CommunityFacts

REQUIRED = ("id", "name", "district", "address", "longitude", "latitude")


@dataclass(frozen=True)
class Listed:
    """A site as a list tells of it; `since`: the instant from which that holds (UTC), None: the list's own date."""

    facts: CommunityFacts
    since: datetime | None


def read_sites(path: Path, source: str | None = None) -> list[CommunityFacts]:
    """Facts of every site in the file, in its order; `source` names the publication (the file's name by default)."""
    return [site.facts for site in read_list(path, source)]


def day_or_time(text: str) -> datetime:
    """The UTC instant of an RFC 3339 time, or of the beginning of a date in Taipei (2026-08-01)."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=TAIPEI).astimezone(UTC)
    except ValueError:
        return parse_time(text)


def read_list(path: Path, source: str | None = None) -> list[Listed]:
    """As `read_sites`, each with the instant from which its row holds."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            table = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t")
            missing = [c for c in REQUIRED if c not in (table.fieldnames or ())]
            if missing:
                raise PayloadError(
                    f"{path}: no column {', '.join(missing)}; the first line names the columns, tab-separated"
                )
            return _once_each(
                [_facts(row, path, number, source or path.name) for number, row in enumerate(table, 1)], path
            )
    except (OSError, UnicodeDecodeError) as error:
        raise PayloadError(f"{path}: cannot be read as UTF-8 text ({error})") from error


def community_facts(row: Mapping[str, Any], source: str) -> CommunityFacts:
    """Facts of one row, by the columns' names; `community_id` stands for `id`. ValueError on a number that is none."""
    return CommunityFacts(
        community_id=_needed(row, "community_id" if "community_id" in row else "id"),
        name=_needed(row, "name"),
        name_en=_text(row, "name_en"),
        district=_needed(row, "district"),
        address=_needed(row, "address"),
        longitude=_degrees(row, "longitude", 180),
        latitude=_degrees(row, "latitude", 90),
        households=_count(row, "households"),
        residents=_count(row, "residents"),
        floors=_text(row, "floors"),
        status=_text(row, "status"),
        source=str(row.get("source") or source),
    )


def _facts(row: Mapping[str, Any], path: Path, number: int, source: str) -> Listed:
    try:
        since = _text(row, "since")
        return Listed(community_facts(row, source), None if since is None else day_or_time(since))
    except (ValueError, TypeError, TwinError) as error:
        raise PayloadError(
            f"{path}, site {number} ({row.get('name')}): {error}; correct the cell or leave it empty"
        ) from error


def _needed(row: Mapping[str, Any], column: str) -> str:
    value = _text(row, column)
    if value is None:
        raise ValueError(f"no {column} is given")
    return value


def _once_each(sites: list[Listed], path: Path) -> list[Listed]:
    """`sites`, no id twice; PayloadError names the second of a pair."""
    first: dict[str, int] = {}
    for number, site in enumerate(sites, 1):
        if (before := first.setdefault(site.facts.community_id, number)) != number:
            raise PayloadError(
                f"{path}, site {number} ({site.facts.name}): id {site.facts.community_id!r} is site {before}'s already"
            )
    return sites


def _degrees(row: Mapping[str, Any], column: str, limit: int) -> float:
    value = float(row[column])
    if not -limit <= value <= limit:
        raise ValueError(f"{column} {value} is not within ±{limit}° (are longitude and latitude swapped?)")
    return value


def _text(row: Mapping[str, Any], column: str) -> str | None:
    value = row.get(column)
    return None if value is None or value == "" else str(value)


def _count(row: Mapping[str, Any], column: str) -> int | None:
    value = row.get(column)
    return None if value is None or value == "" else int(value)
