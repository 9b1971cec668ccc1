"""`live`: the last value of every entity, by family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from events.observations import FAMILIES
from twin.latest import landed_schema, newest
from twin.projection import Batch

LiveState = Mapping[str, pl.DataFrame]
"""By family: one row an entity (`twin.latest.landed_schema`), sorted by entity."""


class Live:
    """Projection of the latest row of every entity."""

    name = "live"
    version = 2

    def empty(self) -> LiveState:
        """No entity of any family."""
        return {name: pl.DataFrame(schema=landed_schema(family)) for name, family in FAMILIES.items()}

    def fold(self, state: LiveState, batches: Sequence[Batch]) -> LiveState:
        """The latest rows after `batches`."""
        rows: dict[str, list[pl.DataFrame]] = {}
        for batch in batches:
            rows.setdefault(batch.family.name, []).append(batch.rows)
        return {**state, **{name: newest([state[name], *frames]) for name, frames in rows.items()}}
