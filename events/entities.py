"""The dictionary of observed entities: text identities in, small integers inside, made of naming events.

Points that may be a household's are named in the log by a token (`entities.v2`); the name behind it lies in the vault
(`events.vault`). Other families, and logs opened without a vault, have names in the log itself (`entities.v1`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from events import batch
from events.former import HOUSEHOLD_ERASED, TENANCY_ENDED, UNNAMED, former_entities, label_of
from events.ids import StreamId
from events.log import LogEvent, NewEvent
from events.observations import FAMILIES, READINGS, STATES, Family
from events.units import SECONDARY
from events.vault import NAMES, Vault

ENTITIES = "entities.v1"
"""Tag of an event that names further entities of one family; its frame is `entity` and the identity columns."""

SEALED = "entities.v2"
"""Tag of an event that names entities by tokens: `entity`, `token`, and the identity columns after the first."""

NAMING = (ENTITIES, SEALED, TENANCY_ENDED, HOUSEHOLD_ERASED)
"""Tags of every event that changes how entities are called."""

PRIVATE = (READINGS.name, STATES.name)
"""Families whose entities may be a household's."""

_SEPARATOR = "\x1f"
_BASE = pl.col("unit").replace({unit: base for unit, (base, _) in SECONDARY.items()})
_SCALE = pl.col("unit").replace_strict({u: f for u, (_, f) in SECONDARY.items()}, default=1.0, return_dtype=pl.Float64)
_QUANTITY = {"point_id": pl.String(), "base": pl.String(), "code": pl.UInt32(), "scale": pl.Float64()}
_TABLE = {"key": pl.String(), "code": pl.UInt32(), "factor": pl.Float64()}


class Entities:
    """Codes of one family's entities, in the order the log named them.

    A point keeps the unit it was first reported in: a reading of the same quantity at another scale (Wh for kWh) gets
    the same code and a factor; a reading of another quantity under the same name is another entity.
    """

    def __init__(self, family: Family, vault: Vault | None = None) -> None:
        self.family = family
        self._vault = vault if family.name in PRIVATE else None
        self._sealed: list[pl.DataFrame] = []
        self._former: dict[int, str] = {}
        self._starts: dict[str, int] | None = None
        self.version = 0
        self._count = 0
        self._names: list[pl.DataFrame] = []
        self._tables: list[pl.DataFrame] = []
        self._quantities: list[pl.DataFrame] = []
        self._scaled = False

    def __len__(self) -> int:
        return self._count

    def names(self) -> pl.DataFrame:
        """`entity` and the identity columns, one row an entity, ordered by entity; labels for those without a name."""
        self._unseal()
        return _one(self._names, names_schema(self.family))

    def learn(self, named: pl.DataFrame, version: int) -> None:
        """Take the names of the `entities.v1` event of that version."""
        self._index(named)
        self._names.append(named)
        self._count += named.height
        self.version = version

    def learn_sealed(self, sealed: pl.DataFrame, version: int) -> None:
        """Take the tokens of the `entities.v2` event of that version; their names are looked up when first needed."""
        self._sealed.append(sealed)
        self._count += sealed.height
        self.version = version

    def forget(self, entities: Sequence[int], tag: str) -> None:
        """A tenancy ended (`tag`): these entities bear a label, and their names are free for the next tenancy's."""
        labels = {entity: label_of(tag, entity) for entity in entities}
        self._former |= labels
        self._starts = None
        kept = ~pl.col("code").is_in(list(labels))
        self._tables = [table.filter(kept) for table in self._tables]
        self._quantities = [table.filter(kept) for table in self._quantities]
        self._names = [self._labelled(names, labels) for names in self._names]

    def starts(self) -> dict[str, int]:
        """Where points have had another household before: when their present one begins (UTC microseconds)."""
        if self._starts is None:
            self._starts = self._vault.starts() if self._vault and self._former else {}
        return self._starts

    def coded(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame | None]:
        """`frame` with `entity` for its identity, values in their entity's unit; and names that are new, learnt.

        The names must be appended to the log (`naming_event`) before or with the rows; if that fails, drop this object.
        """
        self._unseal()
        keyed = frame.with_columns(self._key().alias("key"))
        found, named = self._looked_up(keyed), None
        if found["code"].null_count():
            fresh = found.filter(pl.col("code").is_null()).select(*self.family.entity).unique(maintain_order=True)
            named = self._resolve(fresh)
            found = self._looked_up(keyed)
        if self._scaled:
            found = found.with_columns(pl.col("value") * pl.col("factor"))
        return found.rename({"code": "entity"}).drop("key", "factor", *self.family.entity), named

    def naming_event(self, named: pl.DataFrame, header: batch.Header) -> NewEvent:
        """The event that keeps names just learnt; appending it conflicts when another writer named others meanwhile.

        With a vault the names go there first: a token that then does not land in the log harms nobody.
        """
        tag, frame = ENTITIES, named
        if self._vault is not None:
            tag, frame = SEALED, sealed(self.family, named, self._vault, header.recorded_at)
        return NewEvent(StreamId(f"entities:{self.family.name}"), self.version, tag, batch.encode(header, frame))

    def find(self, identities: list[str]) -> npt.NDArray[np.uint32]:
        """Codes of the entities whose first identity column is among `identities`."""
        first = next(iter(self.family.entity))
        return self.names().filter(pl.col(first).is_in(identities))["entity"].to_numpy()

    def _index(self, named: pl.DataFrame) -> None:
        """Let the names be found."""
        self._tables.append(named.select(key=self._key(), code="entity", factor=pl.lit(1.0)))
        if self.family is READINGS:
            self._quantities.append(named.select("point_id", base=_BASE, code="entity", scale=_SCALE))

    def _unseal(self) -> None:
        """Look up the names of tokens not looked up yet."""
        if not self._sealed:
            return
        tokens = pl.concat(self._sealed)
        self._sealed = []
        known = self._vault.names() if self._vault else pl.DataFrame(schema=NAMES)
        name = next(iter(self.family.entity))
        named = tokens.join(known.rename({"name": name}), on="token", how="left", maintain_order="left")
        named = named.select("entity", *self.family.entity)
        nameless = named.filter(pl.col(name).is_null())["entity"].to_list()
        self._index(named.filter(pl.col(name).is_not_null() & ~pl.col("entity").is_in(list(self._former))))
        labels = {entity: f"{UNNAMED}:{entity}" for entity in nameless} | self._former
        self._names = [pl.concat([*self._names, self._labelled(named, labels)]).sort("entity")]

    def _labelled(self, names: pl.DataFrame, labels: Mapping[int, str]) -> pl.DataFrame:
        if not labels:
            return names
        label = pl.col("entity").replace_strict(dict(labels), default=None, return_dtype=pl.String)
        first = next(iter(self.family.entity))
        return names.with_columns(pl.coalesce(label, first).alias(first))

    def _key(self) -> pl.Expr:
        columns = list(self.family.entity)
        return pl.col(columns[0]) if len(columns) == 1 else pl.concat_str(columns, separator=_SEPARATOR)

    def _looked_up(self, keyed: pl.DataFrame) -> pl.DataFrame:
        return keyed.join(_one(self._tables, _TABLE), on="key", how="left", maintain_order="left")

    def _resolve(self, fresh: pl.DataFrame) -> pl.DataFrame | None:
        """Codes for unknown identities: another scale of a known point, or a new name; the new names, learnt."""
        others = self._aliased(fresh)
        if not others.height:
            return None
        firsts = others
        if self.family is READINGS:  # several scales of one quantity: the first names it
            firsts = others.with_columns(base=_BASE).unique(["point_id", "base"], keep="first", maintain_order=True)
        codes = pl.int_range(self._count, self._count + firsts.height, dtype=pl.UInt32, eager=True).alias("entity")
        named = firsts.select(codes, *self.family.entity)
        self.learn(named, self.version + 1)
        if named.height < others.height:
            self._aliased(others.join(named, on=list(self.family.entity), how="anti", maintain_order="left"))
        return named

    def _aliased(self, fresh: pl.DataFrame) -> pl.DataFrame:
        """What remains of `fresh` once known points at another scale of their quantity have got their code."""
        if self.family is not READINGS:
            return fresh
        quantities = _one(self._quantities, _QUANTITY)
        scaled = fresh.with_columns(base=_BASE, own=_SCALE)
        found = scaled.join(quantities, on=["point_id", "base"], how="left", maintain_order="left")
        known = found.filter(pl.col("code").is_not_null())
        if known.height:
            self._tables.append(known.select(key=self._key(), code="code", factor=pl.col("own") / pl.col("scale")))
            self._scaled = True
        return found.filter(pl.col("code").is_null()).select(fresh.columns)


def names_schema(family: Family) -> dict[str, pl.DataType]:
    """Columns of an `entities.v1` frame."""
    return {"entity": pl.UInt32(), **family.entity}


def sealed_schema(family: Family) -> dict[str, pl.DataType]:
    """Columns of an `entities.v2` frame."""
    return {"entity": pl.UInt32(), "token": pl.Int64(), **dict(list(family.entity.items())[1:])}


def sealed(family: Family, named: pl.DataFrame, vault: Vault, at: int) -> pl.DataFrame:
    """The `entities.v2` frame of names that then lie in `vault`, as of `at` (UTC microseconds)."""
    first = next(iter(family.entity))
    tokens = pl.Series("token", vault.tokens(named[first].to_list(), at), dtype=pl.Int64)
    return named.with_columns(tokens).select(list(sealed_schema(family)))


def take_names(entities: Mapping[str, Entities], event: LogEvent) -> None:
    """Take an event of one of the NAMING tags into the dictionaries by family; others are passed over."""
    if event.tag == ENTITIES:
        family = FAMILIES[batch.header_of(event.state).family]
        entities[family.name].learn(batch.decode(event.state, names_schema(family)), event.version)
    elif event.tag == SEALED:
        family = FAMILIES[batch.header_of(event.state).family]
        entities[family.name].learn_sealed(batch.decode(event.state, sealed_schema(family)), event.version)
    elif event.tag in NAMING:
        for family_name, codes in former_entities(event.state).items():
            entities[family_name].forget(codes, event.tag)


def dictionaries(vault: Vault | None) -> dict[str, Entities]:
    """An empty dictionary of every family."""
    return {name: Entities(family, vault) for name, family in FAMILIES.items()}


def _one(frames: list[pl.DataFrame], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """The frames as one, which then stands in their place."""
    if len(frames) != 1:
        frames[:] = [pl.concat(frames) if frames else pl.DataFrame(schema=schema)]
    return frames[0]
