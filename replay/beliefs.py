"""Everything that was ever believed of one thing at one event time, and why each belief lost to the next.

Of rows of the same entity and event time, the one at the later position counts, and of one batch the one told last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import polars as pl

from events import batch
from events.clock import micros
from events.observations import FAMILIES, Family
from replay.city import City
from replay.clocks import record_time
from replay.show import Fact
from twin.latest import landed_schema


@dataclass(frozen=True)
class Belief:
    """A value as it was told: by which event, of what source, recorded when, as which row of its batch (from 0, in the
    order of the batch). `lost_to`: position of the event that was believed instead; `because`: in words."""

    value: Any
    position: int
    recorded_at: datetime
    source: str
    row: int
    lost_to: int | None = None
    because: str | None = None


def beliefs(city: City, fact: Fact, known: int) -> tuple[Belief, ...]:
    """Beliefs of the fact's entity at its event time up to position `known`, oldest first; the last is the fact's.

    Empty for a fact of the register, whose events are facts by themselves.
    """
    if fact.frame not in FAMILIES:
        return ()
    family = FAMILIES[fact.frame]
    rows = _told(city, family, _code(city, family, fact), micros(fact.time), known)
    found = [_belief(city, row, fact.quantity) for row in rows.iter_rows(named=True)]
    return (*(_lost(one, better) for one, better in pairwise(found)), *found[-1:])


def _code(city: City, family: Family, fact: Fact) -> int:
    """The fact's entity in the log."""
    names = city.names(family.name)
    key = [c for c in family.entity if c != "unit"]
    named = pl.concat_str(key, separator=" ", ignore_nulls=True) == fact.entity
    own = names.filter(named if key == list(family.entity) else named & (pl.col("unit") == fact.unit))
    return int(own["entity"][0])


def _told(city: City, family: Family, code: int, time_us: int, known: int) -> pl.DataFrame:
    """Landed rows of an entity at one event time, in order of position and sequence."""
    here = (pl.col("entity") == code) & (pl.col("time").dt.epoch("us") == time_us) & (pl.col("position") <= known)
    recent = [f.filter(here) for f in city.pending(family.name)]
    held = city.asked(lambda lake: lake.rows(family, [code], time_us, time_us, known))
    rows = pl.concat([pl.DataFrame(schema=landed_schema(family)), held, *recent])
    return rows.unique(["position", "sequence"], maintain_order=True).sort("position", "sequence")


def _belief(city: City, row: dict[str, Any], column: str) -> Belief:
    event = city.log.at(row["position"])
    header = batch.header_of(event.state)
    stored = batch.decode(event.state, FAMILIES[header.family].stored, ["entity", "time", "sequence"])
    own = (pl.col("entity") == row["entity"]) & (pl.col("time") == row["time"])
    place = stored.with_row_index("row").filter(own & (pl.col("sequence") == row["sequence"]))["row"][0]
    return Belief(row[column], row["position"], record_time(event), header.source, int(place))


def _lost(one: Belief, better: Belief) -> Belief:
    if one.position == better.position:
        because = f"told again by a later row of the same batch, position {better.position}"
    else:
        because = f"corrected by position {better.position}, recorded at {better.recorded_at.isoformat()}"
    return Belief(one.value, one.position, one.recorded_at, one.source, one.row, better.position, because)
