"""The spatial tree of a file: which storey and building an entity belongs to, walking up its wholes and containers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from bim.facts import Entity, Facts, Step
from bim.identity import Identities


@dataclass(frozen=True)
class Tree:
    """Facts with their ids, and the way up."""

    facts: Facts
    ids: Identities

    @cached_property
    def entity_of(self) -> dict[Step, Entity]:
        """Every entity by its step."""
        return {entity.step: entity for entity in self.facts.entities}

    def of_class(self, *classes: str) -> list[Entity]:
        """Entities of any of these classes or their subclasses, in the file's order."""
        wanted = set(classes)
        matching = {name for name, supertypes in self.facts.lineage.items() if wanted.intersection(supertypes)}
        return [entity for entity in self.facts.entities if entity.ifc_class in matching]

    def upward(self, step: Step) -> Iterator[Step]:
        """The wholes and containers of an entity, nearest first. A file's circle is walked once."""
        seen = {step}
        while (above := self.facts.parents.get(step)) is not None and above not in seen:
            seen.add(above)
            step = above
            yield step

    def around(self, step: Step) -> Iterator[Step]:
        """All wholes and containers of an entity, the nearest first, also the other ones of what has several."""
        seen = {step}
        nearest = [step]
        while nearest:
            further = dict.fromkeys(above for each in nearest for above in self._wholes(each) if above not in seen)
            yield from further
            seen.update(further)
            nearest = list(further)

    def _wholes(self, step: Step) -> Iterator[Step]:
        above = self.facts.parents.get(step)
        if above is not None:
            yield above
        yield from self._others.get(step, ())

    @cached_property
    def _others(self) -> dict[Step, list[Step]]:
        found: dict[Step, list[Step]] = {}
        for child, whole in self.facts.other_parents:
            found.setdefault(child, []).append(whole)
        return found

    def above(self, step: Step, *classes: str) -> str | None:
        """Id of the nearest entity of one of these classes, the entity itself included."""
        for each in (step, *self.upward(step)):
            entity = self.entity_of.get(each)
            if entity is not None and entity.ifc_class in classes:
                return self.ids.id_of[each]
        return None

    @cached_property
    def _storeys(self) -> dict[Step, str | None]:
        """Entity → storey, filled as it is asked for: whole storeys hang on a few containers."""
        return {each.step: self.ids.id_of[each.step] for each in self.of_class("IfcBuildingStorey")}

    def storey_id(self, step: Step) -> str | None:
        """Id of the storey that an entity is on."""
        known = self._storeys
        passed: list[Step] = []
        for each in chain((step,), self.upward(step)):
            if each in known:
                known.update(dict.fromkeys(passed, known[each]))
                return known[each]
            passed.append(each)
        found = self._by_another_way(step)
        known.update(dict.fromkeys(passed if found is None else (step,), found))
        return found

    def _by_another_way(self, step: Step) -> str | None:
        """The storey of what is on none by its first wholes: a meter in a zone's cabinet that stands in a room."""
        if not self._others:
            return None
        storeys = (self._storeys.get(each) for each in self.around(step))
        return next((storey for storey in storeys if storey is not None), None)

    def parent_id(self, step: Step) -> str | None:
        """Id of the entity's whole or container."""
        return self.ids.id_of.get(self.facts.parents.get(step, Step(0)))
