"""Half-spaces as solids that end far away, so that the fast kernel draws what roofs and slopes cut off.

The manifold kernel (ifcopenshell 0.8) keeps the wrong side of a half-space, whatever its normal and flag; of two
solids it takes the difference rightly. In memory only, in the drawing process.
"""

from __future__ import annotations

from math import hypot
from typing import Any

import ifcopenshell

from bim.relations import by_type

FAR_M = 1_000.0
"""How far a solid reaches beyond the thing's own zero: farther than any wall. A plane may be located anywhere on it."""


def end_far_away(model: ifcopenshell.file, length_unit_m: float) -> None:
    """Let every boolean result take solids for half-spaces under a plane. Others, and broken ones, stay as they are."""
    far = FAR_M / length_unit_m
    solids: dict[int, Any] = {}
    for result in by_type(model, "IfcBooleanResult") if by_type(model, "IfcHalfSpaceSolid") else ():
        try:
            space = result.SecondOperand
            if space.is_a("IfcHalfSpaceSolid") and space.BaseSurface.is_a("IfcPlane"):
                if space.id() not in solids:
                    away = hypot(*space.BaseSurface.Position.Location.Coordinates)
                    solids[space.id()] = _solid(model, space, far + 2 * away)
                result.SecondOperand = solids[space.id()]
        except (RuntimeError, ValueError, TypeError, AttributeError, ZeroDivisionError):
            continue


def _solid(model: ifcopenshell.file, space: Any, far: float) -> Any:
    """The side of the plane that the flag names, and of it what lies over the boundary if there is one."""
    side = model.create_entity(
        "IfcExtrudedAreaSolid",
        SweptArea=model.create_entity("IfcRectangleProfileDef", "AREA", None, _origin(model), 2 * far, 2 * far),
        Position=space.BaseSurface.Position,
        ExtrudedDirection=model.create_entity("IfcDirection", (0.0, 0.0, -1.0 if space.AgreementFlag else 1.0)),
        Depth=far,
    )
    if not space.is_a("IfcPolygonalBoundedHalfSpace"):
        return side
    return model.create_entity("IfcBooleanResult", "INTERSECTION", _prism(model, space, far), side)


def _prism(model: ifcopenshell.file, space: Any, far: float) -> Any:
    """The boundary, swept far along both directions of its normal."""
    place = space.Position
    x, y, z = place.Axis.DirectionRatios if place.Axis is not None else (0.0, 0.0, 1.0)
    length = hypot(x, y, z)
    start = [at - far * each / length for at, each in zip(place.Location.Coordinates, (x, y, z), strict=True)]
    return model.create_entity(
        "IfcExtrudedAreaSolid",
        SweptArea=model.create_entity("IfcArbitraryClosedProfileDef", "AREA", None, space.PolygonalBoundary),
        Position=model.create_entity(
            "IfcAxis2Placement3D", model.create_entity("IfcCartesianPoint", start), place.Axis, place.RefDirection
        ),
        ExtrudedDirection=model.create_entity("IfcDirection", (0.0, 0.0, 1.0)),
        Depth=2 * far,
    )


def _origin(model: ifcopenshell.file) -> Any:
    return model.create_entity("IfcAxis2Placement2D", model.create_entity("IfcCartesianPoint", (0.0, 0.0)))
