"""From items, profiles, placements and the like up to the products that use them. Runs in the drawing process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ifcopenshell

from bim.extract import NOT_BODY
from bim.facts import Step
from bim.relations import pairs

_UP = (
    "IfcRepresentationItem", "IfcProfileDef", "IfcRepresentationMap", "IfcProductDefinitionShape", "IfcLocalPlacement",
)  # fmt: skip
"""Users through which one climbs to a product."""


def products_above(model: ifcopenshell.file, instances: Iterable[Any]) -> set[Step]:
    """Steps of the products that are drawn from any of the instances; for an opening, of the wall it is cut from."""
    hosts = {opening.id(): wall for wall, opening in pairs(model, "IfcRelVoidsElement", 4, 5)}
    found: set[Step] = set()
    seen: set[int] = set()
    waiting = list(instances)
    while waiting:
        users: Iterable[Any] = model.get_inverse(waiting.pop())
        for user in users:
            if user.id() in seen:
                continue
            seen.add(user.id())
            if user.is_a("IfcProduct"):
                found.add(Step(hosts.get(user.id(), user).id()))
            elif _leads_up(user):
                waiting.append(user)
    return found


def _leads_up(user: Any) -> bool:
    if user.is_a("IfcShapeRepresentation"):
        return user[1] not in NOT_BODY
    return not user.is_a("IfcStyledItem") and any(map(user.is_a, _UP))
