"""What a declaration may give beside readings and states: positions, arrivals, docks, stations.

A table of the declaration names a family's columns and says where each stands; the entity is the declared sensor,
`<name>:<sensor>`, but arrivals have their route, stop and direction from columns of their own:

    [position]   longitude, latitude (both asked), route_id, bearing, speed, kind
    [arrival]    route_id, stop_id (both asked), direction, and estimate_s, delay_s or state (one asked)
    [dock]       num_vehicles_available, num_docks_available … (one asked)
    [station]    name, or longitude and latitude; name_en, district, capacity
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from events.errors import PayloadError
from events.feeds.json_texts import text_of_value
from events.feeds.local_time import utc_times
from events.feeds.refusals import Refused, quoted
from events.observations import ARRIVALS, DOCKS, POSITIONS, STATIONS, Family

FAMILIES: dict[str, Family] = {"position": POSITIONS, "arrival": ARRIVALS, "dock": DOCKS, "station": STATIONS}
"""Table of a declaration -> family."""

ASKED: dict[str, tuple[tuple[str, ...], ...]] = {
    "position": (("longitude", "latitude"),),
    "arrival": tuple(("route_id", "stop_id", told) for told in ("estimate_s", "delay_s", "state")),
    "dock": (("num_vehicles_available",), ("num_docks_available",), ("capacity",), ("is_renting",)),
    "station": (("name",), ("longitude", "latitude")),
}  # fmt: skip
"""Columns of which one group must be declared, and told by each row."""

BOUNDS: dict[str, tuple[float, float]] = {"longitude": (-180, 180), "latitude": (-90, 90), "bearing": (0, 360)}
LARGEST = 2**31 - 1

_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True)
class Column:
    """Where a column stands, the factor that brings its number to the family's unit, what stands for nothing."""

    path: str
    factor: float = 1.0
    missing: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class Mapped:
    """A family as a declaration maps it."""

    table: str
    columns: Mapping[str, Column]

    @property
    def family(self) -> Family:
        """The family of the rows."""
        return FAMILIES[self.table]


Told = tuple[int, str, str, Mapping[str, Any], Callable[[], bytes]]
"""Index of the payload, entity, time as text, columns, how the document of the row alone is made."""


def entity_columns(table: str) -> tuple[str, ...]:
    """The identity columns that a table of a declaration may name itself."""
    return tuple(ARRIVALS.entity) if table == "arrival" else ()


def values_of(mapped: Mapped, get: Callable[[str], Any]) -> dict[str, Any]:
    """The columns that a row tells; PayloadError for one that cannot be, or where those that are asked are absent."""
    schema = {**mapped.family.entity, **mapped.family.values}
    found = {name: _value(name, column, get(column.path), schema[name]) for name, column in mapped.columns.items()}
    told = {name for name, value in found.items() if value is not None}
    if not any(told.issuperset(group) for group in ASKED[mapped.table]):
        asked = " or ".join(" and ".join(group) for group in ASKED[mapped.table])
        raise PayloadError(f"{mapped.table} without {asked}")
    if mapped.table in ("position", "station") and found.get("longitude") == found.get("latitude") == 0:
        raise PayloadError(f"{mapped.table} at 0, 0: the place of a receiver that has none")
    return found


def frame_of(mapped: Mapped, told: Sequence[Told], name: str) -> tuple[pl.DataFrame, list[Refused]]:
    """Rows of the family (`Family.decoded`), and those whose time is none."""
    schema = mapped.family.decoded
    named = [c for c in mapped.family.entity if c not in mapped.columns]
    rows = [
        {**dict.fromkeys(named, entity if mapped.table != "arrival" else ""), **values, "time": time, "record": record}
        for record, entity, time, values, _ in told
    ]
    frame = pl.DataFrame(rows, schema={**schema, "time": pl.String()}, orient="row")
    dated = frame.with_columns(utc_times(frame["time"]))
    lost = dated["time"].is_null()
    refused = [
        Refused(record, f"{name}: {entity}: {quoted(time)} is no time", document())
        for (record, entity, time, _, document), bad in zip(told, lost, strict=True)
        if bad
    ]
    return dated.filter(~lost).select(list(schema)), refused


def _value(name: str, column: Column, written: Any, dtype: pl.DataType) -> Any:
    if written is None:
        return None
    if not isinstance(written, str | int | float):
        raise PayloadError(f"{name}: {column.path} is {quoted(written)}")
    text = text_of_value(written).strip()
    if text in column.missing:
        return None
    if dtype == pl.String():
        return text
    if dtype == pl.Boolean():
        if text.casefold() not in _TRUTHS:
            raise PayloadError(f"{name}: {column.path} is {quoted(written)}, neither true nor false")
        return _TRUTHS[text.casefold()]
    return _number(name, column, text, dtype)


def _number(name: str, column: Column, text: str, dtype: pl.DataType) -> float:
    try:
        number = float(text) * column.factor
    except ValueError:
        number = math.nan
    low, high = BOUNDS.get(name, (-LARGEST, LARGEST))
    if not low <= number <= high:
        raise PayloadError(f"{name}: {column.path} is {quoted(text)}, no number within {low:g} to {high:g}")
    if not dtype.is_integer():
        return number
    if number != round(number) and name not in ("estimate_s", "delay_s"):
        raise PayloadError(f"{name}: {column.path} is {quoted(text)}, no whole number")
    if number < 0 and name != "delay_s":
        raise PayloadError(f"{name}: {column.path} is {quoted(text)}, below nothing")
    return round(number)
