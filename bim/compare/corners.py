"""Corners of a shape by what the file says of it, without a kernel: how openings and what was not drawn are compared.

Extrusions of straight profiles, breps, face sets, boxes and mapped items are resolved to their corners; whatever else a
shape is made of stands in `words`, class by class with its numbers, lengths in metres. Runs in the parsing process.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bim.attributes import Attributes
from bim.compare.frames import UNMOVED, Frame, Vector, axes, direction, placed, point, within

_DEEPEST = 40
_MOST_PARTS = 20_000
"""Of one shape: what is made of more, or of itself, is told so far and no further."""

_POINTS = ("IfcCartesianPoint", "IfcCartesianPointList2D", "IfcCartesianPointList3D")
_UNSAID = ("IfcLabel", "IfcText", "IfcIdentifier")
"""Types of attributes that name a part of a shape and are none of it."""


class Corners:
    """Reads them; `metre`: metres per unit of length, `not_body`: identifiers of representations that are no shapes."""

    def __init__(self, attributes: Attributes, metre: float, not_body: frozenset[str]) -> None:
        self._attributes, self._metre, self._not_body = attributes, metre, not_body
        self._layouts: dict[str, list[tuple[str, str]]] = {}
        self._left = _MOST_PARTS

    def of(self, shape: Any, frame: Frame | None) -> tuple[list[Vector], str]:
        """(corners in the model's metres, what else the shape is made of) of an IfcProductDefinitionShape."""
        self._left = _MOST_PARTS
        corners: list[Vector] = []
        words: list[str] = []
        for representation in getattr(shape, "Representations", None) or ():
            if representation is not None and representation[1] not in self._not_body:
                for item in representation[3] or ():
                    self._item(item, frame or UNMOVED, corners, words, 0)
        return corners, " ".join(words)

    def _item(self, item: Any, frame: Frame, corners: list[Vector], words: list[str], depth: int) -> None:
        self._left -= 1
        if item is None or depth > _DEEPEST or self._left < 0:
            return
        if item.is_a("IfcMappedItem"):
            source = item[0]
            inner = within(frame, self._mapped(item))
            for each in source[1][3] or ():
                self._item(each, inner, corners, words, depth + 1)
            return
        found = self._points(item)
        if found is None:
            words.append(self._said(item, depth))
        else:
            corners.extend(placed(frame, each) for each in found)

    def _points(self, item: Any) -> list[Vector] | None:
        ifc_class = item.is_a()
        if ifc_class == "IfcExtrudedAreaSolid":
            return self._extruded(item)
        if ifc_class == "IfcBoundingBox":
            corner = point(item[0], self._metre) or (0.0, 0.0, 0.0)
            dx, dy, dz = (each * self._metre for each in item[1:4])
            return [(corner[0] + x, corner[1] + y, corner[2] + z) for x in (0, dx) for y in (0, dy) for z in (0, dz)]
        if ifc_class in ("IfcPolygonalFaceSet", "IfcTriangulatedFaceSet"):
            return [_three(each, self._metre) for each in item[0][0]]
        if ifc_class in ("IfcFacetedBrep", "IfcShellBasedSurfaceModel", "IfcFaceBasedSurfaceModel"):
            return list(dict.fromkeys(self._loops(item, 0)))
        return None

    def _extruded(self, item: Any) -> list[Vector] | None:
        profile = self._profile(item[0])
        frame = axes(item[1], self._metre)
        if profile is None or frame is None:
            return None
        x, y, z = direction(item[2], (0.0, 0.0, 1.0))
        length = (x * x + y * y + z * z) ** 0.5 or 1.0
        depth = item[3] * self._metre / length
        ends = [(p[0] + x * far, p[1] + y * far, p[2] + z * far) for p in profile for far in (0.0, depth)]
        return [placed(frame, each) for each in ends]

    def _profile(self, profile: Any) -> list[Vector] | None:
        ifc_class = profile.is_a()
        if ifc_class == "IfcRectangleProfileDef":
            frame = axes(profile[2], self._metre)
            dx, dy = profile[3] * self._metre / 2, profile[4] * self._metre / 2
            ends = ((-dx, -dy, 0.0), (dx, -dy, 0.0), (dx, dy, 0.0), (-dx, dy, 0.0))
            return None if frame is None else [placed(frame, each) for each in ends]
        if ifc_class == "IfcCircleProfileDef":
            frame = axes(profile[2], self._metre)
            r = profile[3] * self._metre
            ends = ((-r, 0.0, 0.0), (0.0, -r, 0.0), (r, 0.0, 0.0), (0.0, r, 0.0))
            return None if frame is None else [placed(frame, each) for each in ends]
        if ifc_class == "IfcArbitraryClosedProfileDef":
            return self._curve(profile[2])
        return None

    def _curve(self, curve: Any) -> list[Vector] | None:
        if curve.is_a("IfcPolyline"):
            return [found for each in curve[0] if (found := point(each, self._metre)) is not None]
        if curve.is_a("IfcIndexedPolyCurve") and not any(each.is_a("IfcArcIndex") for each in curve[1] or ()):
            return [_three(each, self._metre) for each in curve[0][0]]
        return None

    def _loops(self, item: Any, depth: int) -> Iterator[Vector]:
        if item.is_a("IfcPolyLoop"):
            for each in item[0]:
                found = point(each, self._metre)
                if found is not None:
                    yield found
        elif depth < _DEEPEST and self._left > 0:
            self._left -= 1
            parts = item[0] if isinstance(item[0], tuple) else (item[0],)
            for each in parts:
                if each is not None:
                    yield from self._loops(each, depth + 1)

    def _mapped(self, item: Any) -> Frame:
        """The target's frame less the source's own origin; a scale counts."""
        operator, origin = item[1], axes(item[0][0], self._metre) or UNMOVED
        x = direction(operator[0], (1.0, 0.0, 0.0))
        y = direction(operator[1], (0.0, 1.0, 0.0))
        z = direction(operator[4], (0.0, 0.0, 1.0)) if len(operator) > 4 else (0.0, 0.0, 1.0)
        scale = operator[3] or 1.0
        target = (_times(x, scale), _times(y, scale), _times(z, scale), point(operator[2], self._metre) or UNMOVED[3])
        return within(target, _inverse(origin))

    def _said(self, item: Any, depth: int) -> str:
        """An instance in words: its class and what stands in it, lengths in metres to the tenth of a millimetre."""
        self._left -= 1
        if depth > _DEEPEST or self._left < 0:
            return "…"
        ifc_class = item.is_a()
        if ifc_class in _POINTS:
            return _words(item[0], self._metre)
        layout = self._layouts.get(ifc_class)
        if layout is None:
            layout = self._layouts[ifc_class] = self._attributes.declared(ifc_class)
        parts = [
            self._value(item[index], self._metre if kind.endswith("LengthMeasure") else 1.0, depth)
            for index, (_, kind) in enumerate(layout)
            if kind not in _UNSAID
        ]
        return f"{ifc_class}({','.join(parts)})"

    def _value(self, value: Any, scale: float, depth: int) -> str:
        if isinstance(value, tuple):
            return f"({','.join(self._value(each, scale, depth) for each in value)})"
        if hasattr(value, "is_a"):
            return self._said(value, depth + 1) if value.id() else _words(value[0], scale)
        return _words(value, scale)


def _words(value: Any, scale: float) -> str:
    if isinstance(value, tuple):
        return f"({','.join(_words(each, scale) for each in value)})"
    return f"{value * scale + 0.0:.4f}" if isinstance(value, float) else str(value)


def _three(numbers: Any, metre: float) -> Vector:
    x, y, z = (*(each * metre for each in numbers), 0.0)[:3]
    return x, y, z


def _times(along: Vector, scale: float) -> Vector:
    return along[0] * scale, along[1] * scale, along[2] * scale


def _inverse(frame: Frame) -> Frame:
    (ax, ay, az), (bx, by, bz), (cx, cy, cz), (x, y, z) = frame
    origin = (-(ax * x + ay * y + az * z), -(bx * x + by * y + bz * z), -(cx * x + cy * y + cz * z))
    return (ax, bx, cx), (ay, by, cy), (az, bz, cz), origin
