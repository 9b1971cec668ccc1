"""What is said of an incident: its place by the name that people know, not by the key that the log knows."""

from __future__ import annotations

from typing import Any

import polars as pl

from views.i18n import kind as device_kind
from views.i18n import named
from views.roles import Role, role
from views.state import State, reader


def incident_words(state: State, found: dict[str, Any]) -> str:
    """A row of `replay.incidents.INCIDENTS` in the reader's language."""
    text: str = found["text_en"] if state.language == "en" else found["text_zh"]
    name = _name(state, found)
    return text if name is None else text.replace(found["entity"], name, 1)


def _name(state: State, found: dict[str, Any]) -> str | None:
    """What its entity is called, None where nobody named it."""
    entity, read = found["entity"], reader()
    if found["kind"].startswith("station_"):
        return _of(state, read.stations(found["time"], state.known).filter(station_id=entity))
    communities, buildings = read.register(found["time"], state.known)
    if found["kind"] == "group_silent":
        return _building(state, communities, buildings.filter(building_id=entity))
    points = read.points(found["time"], state.known).filter(point_id=entity)
    if not points.height:
        return None
    point = points.row(0, named=True)
    building = buildings.filter(building_id=point["building_id"])
    words = (
        _building(state, communities, building),
        _home(building, point),
        device_kind(state.language, point["kind"]),
    )
    return " ".join(word for word in words if word)


def _home(building: pl.DataFrame, point: dict[str, Any]) -> str | None:
    """The dwelling's name, for who may see single dwellings."""
    if role() is not Role.MANAGER or not building.height or point["dwelling_id"] is None:
        return None
    homes = reader().model(building["sha256"][0]).dwellings.filter(dwelling_id=point["dwelling_id"])
    return homes["name"][0] if homes.height else None


def _building(state: State, communities: pl.DataFrame, building: pl.DataFrame) -> str | None:
    if not building.height:
        return None
    site = _of(state, communities.filter(community_id=building["community_id"][0]))
    return f"{site or ''} {building['name'][0]}".strip()


def _of(state: State, rows: pl.DataFrame) -> str | None:
    if not rows.height or not (rows["name"][0] or rows["name_en"][0]):
        return None
    return named(state.language, rows["name"][0], rows["name_en"][0])
