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
_TABLE = {"key": pl.String(), "code": pl.UInt32(), "factor": pl.Float64()}


class Entities:
    """Codes of one family's entities, in the order the log named them.

    A point keeps the unit it was first reported in: a reading of the same quantity at another scale (Wh for kWh) gets
    the same code and a factor; a reading of another quantity under the same name is another entity.
    """

    def __init__(self, family: Family) -> None:
        self.family = family
        self.version = 0
        self._count = 0
        self._names: list[pl.DataFrame] = []
        self._tables: list[pl.DataFrame] = []
        self._quantities: dict[tuple[str, str], tuple[int, float]] = {}
        self._scaled = False

    def __len__(self) -> int:
        return self._count

    def names(self) -> pl.DataFrame:
        """`entity` and the identity columns, one row an entity, ordered by entity."""
        return _one(self._names, names_schema(self.family))

    def learn(self, named: pl.DataFrame, version: int) -> None:
        """Take the names of the `entities.v1` event of that version."""
        keys = named.select(key=self._key(), code="entity", factor=pl.lit(1.0))
        if self.family is READINGS:
            for point, unit, code in named.select("point_id", "unit", "entity").iter_rows():
                base, factor = scale(unit)
                self._quantities.setdefault((point, base), (code, factor))
        self._names.append(named)
        self._tables.append(keys)
        self._count += named.height
        self.version = version

    def coded(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame | None]:
        """`frame` with `entity` for its identity, values in their entity's unit; and names that are new, learnt.

        The names must be appended to the log (`naming_event`) before or with the rows; if that fails, drop this object.
        """
        keyed = frame.with_columns(self._key().alias("key"))
        found, named = self._looked_up(keyed), None
        if found["code"].null_count():
            named = self._resolve(found.filter(pl.col("code").is_null())["key"].unique(maintain_order=True).to_list())
            found = self._looked_up(keyed)
        if self._scaled:
            found = found.with_columns(pl.col("value") * pl.col("factor"))
        return found.rename({"code": "entity"}).drop("key", "factor", *self.family.entity), named

    def naming_event(self, named: pl.DataFrame, header: batch.Header) -> NewEvent:
        """The event that keeps names just learnt; appending it conflicts when another writer named others meanwhile."""
        return NewEvent(StreamId(f"entities:{self.family.name}"), self.version, ENTITIES, batch.encode(header, named))

    def find(self, identities: list[str]) -> npt.NDArray[np.uint32]:
        """Codes of the entities whose first identity column is among `identities`."""
        first = next(iter(self.family.entity))
        return self.names().filter(pl.col(first).is_in(identities))["entity"].to_numpy()

    def _key(self) -> pl.Expr:
        columns = list(self.family.entity)
        return pl.col(columns[0]) if len(columns) == 1 else pl.concat_str(columns, separator=_SEPARATOR)

    def _looked_up(self, keyed: pl.DataFrame) -> pl.DataFrame:
        return keyed.join(_one(self._tables, _TABLE), on="key", how="left", maintain_order="left")

    def _resolve(self, keys: list[str]) -> pl.DataFrame | None:
        """Codes for unknown keys: another scale of a known point, or a new name; the new names."""
        others = [k for k in keys if not self._alias(k)]
        named = self._named(others)
        if named is not None and named.height < len(others):
            for key in set(others) - set(named.select(self._key()).to_series()):
                self._alias(key)
        return named

    def _named(self, keys: list[str]) -> pl.DataFrame | None:
        """New codes for keys, learnt; of several scales of one point's quantity only the first is named."""
        fresh = _one_scale_each(keys) if self.family is READINGS else keys
        if not fresh:
            return None
        columns = zip(*(k.split(_SEPARATOR) for k in fresh), strict=True)
        data = dict(zip(self.family.entity, map(list, columns), strict=True))
        codes = pl.int_range(self._count, self._count + len(fresh), dtype=pl.UInt32, eager=True).alias("entity")
        named = pl.DataFrame(data, schema=self.family.entity).select(codes, *self.family.entity)
        self.learn(named, self.version + 1)
        return named

    def _alias(self, key: str) -> bool:
        """Whether `key` is a known point at another scale of the same quantity; remembers it if so."""
        if self.family is not READINGS:
            return False
        point, unit = key.split(_SEPARATOR)
        base, factor = scale(unit)
        known = self._quantities.get((point, base))
        if known is None:
            return False
        alias = {"key": [key], "code": [known[0]], "factor": [factor / known[1]]}
        self._tables.append(pl.DataFrame(alias, schema=_TABLE))
        self._scaled = True
        return True


def names_schema(family: Family) -> dict[str, pl.DataType]:
    """Columns of an `entities.v1` frame."""
    return {"entity": pl.UInt32(), **family.entity}


def _one(frames: list[pl.DataFrame], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """The frames as one, which then stands in their place."""
    if len(frames) != 1:
        frames[:] = [pl.concat(frames) if frames else pl.DataFrame(schema=schema)]
    return frames[0]


def _one_scale_each(keys: list[str]) -> list[str]:
    """The first key of every (point, quantity)."""
    first: dict[tuple[str, str], str] = {}
    for key in keys:
        point, unit = key.split(_SEPARATOR)
        first.setdefault((point, scale(unit)[0]), key)
    return list(first.values())
