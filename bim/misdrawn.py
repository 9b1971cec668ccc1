"""Products that the manifold kernel draws wrongly without a word (ifcopenshell 0.8): they are for the kernels after it.

It draws every arc as its chord, and keeps the wrong side of a half-space (those that `bim.halfspaces` leaves); the
small fillets of steel sections are left to it. Runs in the drawing process.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ifcopenshell

from bim.climbing import products_above
from bim.facts import Step
from bim.relations import by_type, instances_in

_WRONG = (
    "IfcHalfSpaceSolid", "IfcConic", "IfcBSplineCurve", "IfcRoundedRectangleProfileDef", "IfcCircleProfileDef",
    "IfcEllipseProfileDef",
)  # fmt: skip


def misdrawn(model: ifcopenshell.file, kernel: str) -> set[Step]:
    """Steps of products that a kernel would draw wrongly; a file without any costs nothing."""
    if kernel != "manifold":
        return set()
    suspects = list(_suspects(model))
    return products_above(model, suspects) if suspects else set()


def _suspects(model: ifcopenshell.file) -> Iterator[Any]:
    for ifc_class in _WRONG:
        yield from by_type(model, ifc_class)
    yield from filter(_has_arcs, by_type(model, "IfcIndexedPolyCurve"))


def _has_arcs(curve: Any) -> bool:
    return any(segment.is_a("IfcArcIndex") for segment in instances_in(curve[1]))
