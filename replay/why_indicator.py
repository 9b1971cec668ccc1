"""Why an indicator's value is what it is: the rows it was folded from, and the events that brought them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from events.errors import UsageError
from events.observations import FAMILIES, READINGS
from replay.city import City
from replay.indicator import at as folded
from replay.indicator import rows_behind, windows_of
from replay.why import Origin, origin
from twin.indicator_store import IndicatorStore

EVENTS_TOLD = 100
"""Events whose origin is told; all are counted."""


@dataclass(frozen=True)
class IndicatorChain:
    """A value of an indicator, as known, and what it rests on.

    `rows` observations went in, landed by `events` events (what happened to registers among them), `positions` all of
    them; `rows_sha256` is that of the rows
    as CSV by identity and time, so that a second folding can be compared; `origins`: the first EVENTS_TOLD events.
    `source_sha256`: the file that declares the indicator. `of_entity`: whether only the key's own rows are counted (the
    key is the family's identity), else all rows of the window.
    """

    indicator: str
    version: int
    source_sha256: str
    quantity: str
    unit: str | None
    value: Any
    key: dict[str, Any]
    window_start: datetime
    window_end: datetime
    known: int
    of_entity: bool
    rows: int
    events: int
    rows_sha256: str
    positions: tuple[int, ...]
    origins: tuple[Origin, ...]


def why_indicator(
    city: City, name: str, entity: str, quantity: str, at: datetime, known: int | datetime | None = None
) -> IndicatorChain:
    """The chain behind one value: of the row whose key is `entity` (several parts: one space between), at an instant.

    UsageError when there is no such indicator, column or row.
    """
    indicator, manifest = IndicatorStore(city.place.directory).indicator(name)
    position = city.head if known is None else city.position_at(known)
    span = windows_of(indicator, at, at + timedelta(microseconds=1))[0]
    told = folded(city, indicator, at, position)
    own = told.filter(pl.concat_str(indicator.key, separator=" ", ignore_nulls=True) == entity)
    if quantity not in told.columns or not own.height:
        there = ", ".join(c for c in told.columns if c not in (*indicator.key, "start"))
        raise UsageError(
            f"{name} has no {quantity!r} of {entity!r} in the window from {span[0].isoformat()}, known at {position}; "
            f"columns are {there} (`twin indicator show {name}` lists the keys)"
        )
    row = own.row(0, named=True)
    mine = [c for c in indicator.key if c in FAMILIES.get(indicator.family, READINGS).entity]
    own_rows = [pl.col(c).eq_missing(pl.lit(row[c])) for c in mine]
    behind, *happened = (rows.filter(own_rows) for rows in rows_behind(city, indicator, span, position))
    landed = pl.concat([frame["position"] for frame in (behind, *happened)])
    positions = tuple(landed.unique().sort().to_list())
    return IndicatorChain(
        name,
        manifest.version,
        manifest.source_sha256,
        quantity,
        manifest.units.get(quantity),
        row[quantity],
        {c: row[c] for c in indicator.key},
        *span,
        position,
        bool(mine),
        behind.height,
        len(positions),
        hashlib.sha256(behind.write_csv().encode()).hexdigest(),
        positions,
        tuple(origin(city.log.at(p)) for p in positions[:EVENTS_TOLD]),
    )
