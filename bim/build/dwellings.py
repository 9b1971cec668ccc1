"""Which zones and spaces are dwellings, which spaces are their rooms, and the table `dwellings`.

Zones that say that they are dwellings; else spaces that say so; else groups of spaces by their names, if the mapping
has a pattern for that. A zone is an IfcZone or an IfcSpatialZone (IFC4 on), whatever way it names its members.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from bim.build.areas import whole_areas
from bim.facts import Entity, Step
from bim.identity import compressed
from bim.labels import Labels
from bim.mapping import DwellingRule, says
from bim.tables import SCHEMAS
from bim.tree import Tree

_NAMESPACE = uuid.UUID("0a2f7f04-3d0c-5a0b-8a6c-0b1d1d6e7f22")
_TECHNICAL = frozenset(
    {"CONSTRUCTION", "FIRESAFETY", "INTERFERENCE", "LIGHTING", "RESERVATION", "SECURITY", "THERMAL", "TRANSPORT",
     "VENTILATION"}
)  # fmt: skip
"""Types of spatial zones that are no dwellings, whatever they are called."""

_NO_ROOMS = ("IfcBuildingStorey", "IfcBuilding", "IfcSite", "IfcProject")
"""What a zone may hold without being a dwelling of all that stands there."""

Parts = Mapping[Step, list[Step]]
"""Whole → its parts."""


@dataclass(frozen=True)
class Dwellings:
    """`entities`: id → the zone or space that is one. `inside`: what lies in one (spaces, zones, elements that a zone
    names) → its id. `rooms`: id → the spaces that hold no other space of it."""

    entities: dict[str, Entity]
    inside: dict[Step, str]
    rooms: dict[str, list[Step]]

    def around(self, tree: Tree, step: Step) -> str | None:
        """The dwelling that a thing stands in: by itself, the space it serves, or the nearest whole or container."""
        if not self.inside:
            return None
        for each in (step, *tree.around(step)):
            found = self.inside.get(each) or self.inside.get(tree.facts.space_of.get(each, Step(0)))
            if found is not None:
                return found
        return None


def dwellings_of(tree: Tree, rule: DwellingRule, labels: Labels) -> Dwellings:
    """The dwellings of a model."""
    spaces = tree.of_class("IfcSpace")
    zones = [each for each in tree.of_class("IfcZone", "IfcSpatialZone") if _is_dwelling(each, labels, rule)]
    nested = _nested(tree, spaces)
    if zones:
        entities, inside = _by_whole(tree, zones, _members(tree))
    elif rule.group_spaces_by is not None:
        entities, inside = _by_name(spaces, rule)
    else:
        named = [each for each in spaces if _is_dwelling(each, labels, rule)]
        entities, inside = _by_whole(tree, named, nested)
        inside |= {entity.step: key for key, entity in entities.items()}
    inside = _with_nested(inside, nested)
    return Dwellings(entities, inside, _rooms(spaces, inside, nested))


def dwellings_table(tree: Tree, dwellings: Dwellings, spaces: pl.DataFrame, areas: pl.DataFrame) -> pl.DataFrame:
    """Dwellings: storey and rooms from their spaces; the area is the zone's own, else that of its rooms together."""
    ids = tree.ids.id_of
    storey = dict(spaces.select("space_id", "storey_id").iter_rows())
    stated = {key: (area_m2, source) for key, area_m2, source in areas.iter_rows()}
    measured = whole_areas(
        {key: [ids[step] for step in rooms] for key, rooms in dwellings.rooms.items()},
        _holders(tree, dwellings),
        dict(zip(spaces["space_id"], zip(spaces["area_m2"], spaces["area_source"], strict=True), strict=True)),
    )
    rows = []
    for key, each in dwellings.entities.items():
        rooms = [ids[step] for step in dwellings.rooms.get(key, ())]
        area = measured[key]
        area_m2, source = stated.get(key) or (area.area_m2, area.source)
        on = next((storey[room] for room in rooms if storey[room] is not None), tree.storey_id(each.step))
        is_partial = None if area_m2 is None else key not in stated and area.is_partial
        kind = each.long_name or each.object_type
        rows.append((key, each.name, kind, on, area_m2, source, len(rooms), area.rooms_measured, is_partial))
    return pl.DataFrame(rows, schema=SCHEMAS["dwellings"], orient="row")


def _is_dwelling(entity: Entity, labels: Labels, rule: DwellingRule) -> bool:
    if entity.ifc_class == "IfcSpatialZone" and entity.predefined_type in _TECHNICAL:
        return False
    texts = labels.of(entity)
    return says(rule.matches, texts) and not says(rule.excludes, texts)


def _members(tree: Tree) -> Parts:
    """Zone → its members, by whatever relationship."""
    found: dict[Step, list[Step]] = defaultdict(list)
    no_rooms = {each.step for each in tree.of_class(*_NO_ROOMS)}
    for zone, member in (*tree.facts.members, *tree.facts.in_zones):
        if member not in no_rooms:
            found[zone].append(member)
    return found


def _nested(tree: Tree, spaces: list[Entity]) -> Parts:
    """Space → the spaces that it is made of."""
    known = {each.step for each in spaces}
    found: dict[Step, list[Step]] = defaultdict(list)
    for each in spaces:
        above = tree.facts.parents.get(each.step)
        if above is not None and above in known:
            found[above].append(each.step)
    return found


def _by_whole(tree: Tree, named: list[Entity], parts: Parts) -> tuple[dict[str, Entity], dict[Step, str]]:
    """Of the zones or spaces that say that they are dwellings those that are, and what lies in them.

    Law: one that lies in another is a part of that dwelling; one that holds several is a group of dwellings and none
    itself, unless all of them bear its name. What one names itself is rather its own than that of one around it.
    """
    entity_of = {each.step: each for each in named}
    within = {each.step: _within(each.step, parts) for each in named}
    groups = {
        each.step for each in named if _is_group(each, [entity_of[s] for s in within[each.step] if s in entity_of])
    }
    candidates = [each for each in named if each.step not in groups]
    held = {step for each in candidates for step in within[each.step]}
    dwellings = [each for each in candidates if each.step not in held] or candidates
    inside: dict[Step, str] = {}
    direct: Callable[[Step], list[Step]] = lambda step: parts.get(step, [])  # noqa: E731
    for of in (direct, within.__getitem__):
        for each in dwellings:
            for step in of(each.step):
                inside.setdefault(step, tree.ids.id_of[each.step])
    for each in dwellings:
        inside.setdefault(each.step, tree.ids.id_of[each.step])
    return {tree.ids.id_of[each.step]: each for each in dwellings}, inside


def _is_group(entity: Entity, inner: list[Entity]) -> bool:
    own = (entity.name or "").strip()
    return len(inner) > 1 and not (own and all(own in (each.name or "") for each in inner))


def _within(whole: Step, parts: Parts) -> list[Step]:
    """What a whole is made of, in any depth; a whole in itself ends."""
    found = [whole]
    seen = {whole}
    for each in found:
        new = [part for part in parts.get(each, ()) if part not in seen]
        seen.update(new)
        found.extend(new)
    return found[1:]


def _with_nested(inside: dict[Step, str], nested: Parts) -> dict[Step, str]:
    """The spaces that a space of a dwelling is made of are of that dwelling, if they are of none of their own."""
    found = dict(inside)
    for step, key in inside.items():
        for part in _within(step, nested):
            found.setdefault(part, key)
    return found


def _rooms(spaces: list[Entity], inside: dict[Step, str], nested: Parts) -> dict[str, list[Step]]:
    rooms: dict[str, list[Step]] = defaultdict(list)
    for each in spaces:
        key = inside.get(each.step)
        if key is not None and all(inside.get(part) != key for part in nested.get(each.step, ())):
            rooms[key].append(each.step)
    return rooms


def _holders(tree: Tree, dwellings: Dwellings) -> dict[str, list[str]]:
    """Room → the spaces of its dwelling around it, the nearest first."""
    ids = tree.ids.id_of
    return {
        ids[room]: [ids[above] for above in tree.upward(room) if dwellings.inside.get(above) == key and above in ids]
        for key, rooms in dwellings.rooms.items()
        for room in rooms
    }


def _by_name(spaces: list[Entity], rule: DwellingRule) -> tuple[dict[str, Entity], dict[Step, str]]:
    assert rule.group_spaces_by is not None
    entities: dict[str, Entity] = {}
    inside: dict[Step, str] = {}
    for space in spaces:
        found = rule.group_spaces_by.search(space.name or "")
        if found is None:
            continue
        name = found.group(1)
        key = compressed(uuid.uuid5(_NAMESPACE, name))
        entities.setdefault(key, _named(space, name))
        inside[space.step] = key
    return entities, inside


def _named(space: Entity, name: str) -> Entity:
    return Entity(
        step=space.step,
        ifc_class="IfcZone",
        global_id=None,
        name=name,
        long_name=None,
        object_type=None,
        predefined_type=None,
        tag=None,
        type_name=None,
        elevation_m=None,
        wanted=False,
    )
