"""Products that the manifold kernel draws wrongly without a word (ifcopenshell 0.8): they are for the kernels after it.

It draws every arc as its chord, and keeps the wrong side of a half-space (those that `bim.halfspaces` leaves); the
small fillets of steel sections are left to it. Who uses such an item is found by climbing from the item to its users,
so that a file without any costs nothing. Runs in the drawing process.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ifcopenshell

from bim.extract import NOT_BODY
from bim.facts import Step
from bim.relations import by_type, pairs

_WRONG = (
    "IfcHalfSpaceSolid", "IfcConic", "IfcBSplineCurve", "IfcRoundedRectangleProfileDef", "IfcCircleProfileDef",
    "IfcEllipseProfileDef",
)  # fmt: skip
_UP = ("IfcRepresentationItem", "IfcProfileDef", "IfcRepresentationMap", "IfcProductDefinitionShape")
"""Users through which one climbs from an item to a product."""


def misdrawn(model: ifcopenshell.file, kernel: str) -> set[Step]:
    """Steps of products that a kernel would draw wrongly."""
    if kernel != "manifold":
        return set()
    hosts = {opening.id(): wall for wall, opening in pairs(model, "IfcRelVoidsElement", 4, 5)}
    found: set[Step] = set()
    seen: set[int] = set()
    waiting: list[Any] = list(_suspects(model))
    while waiting:
        users: Any = model.get_inverse(waiting.pop())
        for user in users:
            if user.id() in seen:
                continue
            seen.add(user.id())
            if user.is_a("IfcProduct"):
                found.add(Step(hosts.get(user.id(), user).id()))
            elif _leads_up(user):
                waiting.append(user)
    return found


def _suspects(model: ifcopenshell.file) -> Iterator[Any]:
    for ifc_class in _WRONG:
        yield from by_type(model, ifc_class)
    yield from filter(_has_arcs, by_type(model, "IfcIndexedPolyCurve"))


def _has_arcs(curve: Any) -> bool:
    return any(segment.is_a("IfcArcIndex") for segment in curve[1] or ())


def _leads_up(user: Any) -> bool:
    if user.is_a("IfcShapeRepresentation"):
        return user[1] not in NOT_BODY
    return not user.is_a("IfcStyledItem") and any(map(user.is_a, _UP))
