"""Every text that tells what an entity is: what it is called, how it is classified, and what listed properties say."""

from __future__ import annotations

from collections import defaultdict

import polars as pl

from bim.facts import Entity, Step
from bim.mapping import called
from bim.tree import Tree


class Labels:
    """The texts of one model's entities; `listed` are the properties (`Set.Name`) whose values count."""

    def __init__(self, tree: Tree, properties: pl.DataFrame, listed: frozenset[str]) -> None:
        self._more: dict[Step, list[str]] = defaultdict(list)
        for each in tree.facts.classifications:
            self._more[each.entity] += [text for text in (each.code, each.name) if text]
        if listed:
            step_of = {key: step for step, key in tree.ids.id_of.items()}
            named = properties.filter(pl.concat_str("pset", pl.lit("."), "name").is_in(list(listed)))
            for key, value in named.drop_nulls("value").select("entity_id", "value").iter_rows():
                self._more[step_of[key]].append(value)

    def of(self, entity: Entity) -> tuple[str, ...]:
        """An entity's texts."""
        return (*called(entity), *self._more.get(entity.step, ()))
