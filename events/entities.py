"""The dictionary of observed entities: text identities in, small integers inside, made of `entities.v1` events."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from events import batch
from events.ids import StreamId
from events.log import NewEvent
from events.observations import READINGS, Family
from events.units import scale

ENTITIES = "entities.v1"
"""Tag of an event that names further entities of one family; its frame is `entity` and the identity columns."""

_SEPARATOR = "\x1f"


class Entities:
    """Codes of one family's entities, in the order the log named them.

    A point keeps the unit it was first reported in: a reading of the same quantity at another scale (Wh for kWh) gets
    the same code and a factor; a reading of another quantity under the same name is another entity.
    """

    def __init__(self, family: Family) -> None:
        self.family = family
        self._codes: dict[str, tuple[int, float]] = {}
        self._quantities: dict[tuple[str, str], tuple[int, float]] = {}
        self._names: list[pl.DataFrame] = []
        self._count = 0
        self.version = 0

    def __len__(self) -> int:
        return self._count

    def names(self) -> pl.DataFrame:
        """`entity` and the identity columns, one row an entity, ordered by entity."""
        schema = {"entity": pl.UInt32(), **self.family.entity}
        if len(self._names) != 1:
            self._names = [pl.concat(self._names) if self._names else pl.DataFrame(schema=schema)]
        return self._names[0]

    def learn(self, named: pl.DataFrame, version: int) -> None:
        """Take the names of one `entities.v1` event."""
        keys = named.select(self._key()).to_series().to_list()
        for code, key in zip(named["entity"].to_list(), keys, strict=True):
            self._codes[key] = (code, 1.0)
            if self.family is READINGS:
                point, unit = key.split(_SEPARATOR)
                base, factor = scale(unit)
                self._quantities.setdefault((point, base), (code, factor))
        self._names.append(named)
        self._count += named.height
        self.version = version

    def unknown(self, frame: pl.DataFrame) -> pl.DataFrame | None:
        """Names for the identities in `frame` that have no code yet (in order of appearance), None when all have."""
        fresh = [k for k in self._unique_keys(frame) if k not in self._codes and not self._alias(k)]
        if self.family is READINGS:
            fresh = _one_unit_each(fresh)
        if not fresh:
            return None
        columns = zip(*(k.split(_SEPARATOR) for k in fresh), strict=True)
        data = dict(zip(self.family.entity, map(list, columns), strict=True))
        codes = pl.int_range(self._count, self._count + len(fresh), dtype=pl.UInt32, eager=True).alias("entity")
        return pl.DataFrame(data, schema=self.family.entity).select(codes, *self.family.entity)

    def naming_event(self, named: pl.DataFrame, header: batch.Header) -> NewEvent:
        """The event that names `named`; appending it conflicts when another writer named others meanwhile."""
        stream = StreamId(f"entities:{self.family.name}")
        return NewEvent(stream, self.version + 1, ENTITIES, batch.encode(header, named))

    def coded(self, frame: pl.DataFrame) -> pl.DataFrame:
        """`frame` with `entity` in place of its identity columns, values brought to their entity's unit."""
        keys = self._unique_keys(frame)
        table = pl.DataFrame(
            {
                "key": keys,
                "entity": pl.Series([self._codes[k][0] for k in keys], dtype=pl.UInt32),
                "factor": [self._codes[k][1] for k in keys],
            },
            schema_overrides={"key": pl.String, "factor": pl.Float64},
        )
        joined = frame.with_columns(self._key().alias("key")).join(table, on="key", how="left", maintain_order="left")
        if self.family is READINGS and any(self._codes[k][1] != 1.0 for k in keys):
            joined = joined.with_columns(pl.col("value") * pl.col("factor"))
        return joined.drop("key", "factor", *self.family.entity)

    def find(self, identities: list[str]) -> npt.NDArray[np.uint32]:
        """Codes of the entities whose first identity column is among `identities`."""
        first = next(iter(self.family.entity))
        return self.names().filter(pl.col(first).is_in(identities))["entity"].to_numpy()

    def _key(self) -> pl.Expr:
        columns = list(self.family.entity)
        return pl.col(columns[0]) if len(columns) == 1 else pl.concat_str(columns, separator=_SEPARATOR)

    def _unique_keys(self, frame: pl.DataFrame) -> list[str]:
        return frame.select(self._key().alias("key")).to_series().unique(maintain_order=True).to_list()

    def _alias(self, key: str) -> bool:
        """Whether `key` is a known point in another unit of the same quantity; remembers it if so."""
        if self.family is not READINGS:
            return False
        point, unit = key.split(_SEPARATOR)
        base, factor = scale(unit)
        known = self._quantities.get((point, base))
        if known is None:
            return False
        self._codes[key] = (known[0], factor / known[1])
        return True


def _one_unit_each(keys: list[str]) -> list[str]:
    """The first key of every (point, quantity); the others become aliases once the first is named."""
    first: dict[tuple[str, str], str] = {}
    for key in keys:
        point, unit = key.split(_SEPARATOR)
        first.setdefault((point, scale(unit)[0]), key)
    return list(first.values())
