"""Heights of storeys that state no Elevation, which every schema leaves open: those of their placements."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import ifcopenshell
import msgspec

from bim.compare.frames import Frames
from bim.facts import Entity, Step
from bim.relations import by_type


def with_levels(
    model: ifcopenshell.file, entities: list[Entity], parents: dict[Step, Step], metre: float | None
) -> list[Entity]:
    """The entities, storeys without an Elevation with their placement's height above that of their building, in
    metres. A storey of no building has no height; nor have those of one that are all placed at one height.

    `metre`: metres per unit of length; None where the file names none, then there is nothing to be read.
    """
    bare = {each.step: nth for nth, each in enumerate(entities) if _is_bare(each)}
    if not bare or metre is None:
        return entities
    frames = Frames(metre)
    buildings = {each.id(): each for each in by_type(model, "IfcBuilding")}
    found = list(entities)
    of_building: dict[int, dict[Step, float]] = defaultdict(dict)
    for storey in by_type(model, "IfcBuildingStorey"):
        if storey.id() not in bare or storey.Elevation is not None:  # one in words is stated, and not known
            continue
        building = _above(storey.id(), parents, buildings)
        height_m = _height_m(storey, frames)
        if height_m is not None and building is not None:
            base_m = _height_m(buildings[building], frames)
            of_building[building][Step(storey.id())] = round(height_m - (base_m or 0.0), 6)
    for heights in of_building.values():
        if len(heights) == 1 or len(set(heights.values())) > 1:
            for step, height_m in heights.items():
                found[bare[step]] = msgspec.structs.replace(found[bare[step]], elevation_m=height_m)
    return found


def _is_bare(entity: Entity) -> bool:
    return entity.ifc_class == "IfcBuildingStorey" and entity.elevation_m is None


def _height_m(product: Any, frames: Frames) -> float | None:
    frame = None if product.ObjectPlacement is None else frames.of(product.ObjectPlacement)
    return None if frame is None else frame[3][2]


def _above(step: int, parents: dict[Step, Step], buildings: dict[int, Any]) -> int | None:
    seen = set()
    while step not in buildings:
        above = parents.get(Step(step))
        if above is None or above in seen:
            return None
        seen.add(above)
        step = above
    return step
