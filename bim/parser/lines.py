"""Bodies that are lines only: axes of ducts, symbols, points and texts, which no kernel makes a surface of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bim.extract import NOT_BODY
from bim.facts import Step
from bim.relations import instances_in

_LINES = (
    "IfcCurve", "IfcSegment", "IfcCompositeCurveSegment", "IfcPoint", "IfcGeometricCurveSet", "IfcTextLiteral",
    "IfcPlacement", "IfcVector", "IfcDirection",
)  # fmt: skip
_MAX_DEPTH = 8


def of_lines(products: Iterable[Any]) -> set[Step]:
    """Those of the products that have a body, and in it nothing but lines, points and texts."""
    return {Step(product.id()) for product in products if _is_of_lines(product)}


def _is_of_lines(product: Any) -> bool:
    bodies = [
        each
        for each in instances_in(getattr(product.Representation, "Representations", None))
        if each.is_a("IfcRepresentation") and each[1] not in NOT_BODY
    ]
    items = [item for body in bodies for item in instances_in(body[3])]
    return bool(items) and all(_is_line(item, 0) for item in items)


def _is_line(item: Any, depth: int) -> bool:
    if depth > _MAX_DEPTH:
        return False
    if item.is_a("IfcMappedItem"):
        source = item[0]
        inner = instances_in(getattr(getattr(source, "MappedRepresentation", None), "Items", None))
        return bool(inner) and all(_is_line(each, depth + 1) for each in inner)
    if item.is_a("IfcGeometricSet"):
        return all(_is_line(each, depth + 1) for each in instances_in(item[0]))
    return any(map(item.is_a, _LINES))
