"""What only a comparison asks of a file: openings and types, what hangs together with what, where undrawn things stand.

Runs in the parsing process. Attributes are read by their index, which IFC2X3, IFC4 and IFC4X3 share.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import atan2, degrees, isfinite
from pathlib import Path
from typing import Any

import ifcopenshell
import msgspec

from bim.attributes import Attributes
from bim.compare.corners import Corners
from bim.compare.frames import Frames
from bim.facts import Entity, Link, Placed, Step, Told
from bim.relations import by_type
from bim.strokes import UNDRAWN

_ONE_TO_MANY = (
    ("IfcRelVoidsElement", 5, 4, "voids"),
    ("IfcRelFillsElement", 5, 4, "fills"),
    ("IfcRelSpaceBoundary", 5, 4, "bounds"),
    ("IfcRelReferencedInSpatialStructure", 4, 5, "referenced in"),
    ("IfcRelCoversBldgElements", 5, 4, "covers"),
    ("IfcRelCoversSpaces", 5, 4, "covers"),
    ("IfcRelServicesBuildings", 4, 5, "serves"),
    ("IfcRelConnectsElements", 6, 5, "connected to"),
)
"""(class, index of who tells of it, index of the other, what it is called)."""

_SIDES = (7, 8)
"""Of a space boundary: physical or virtual, internal or external."""

_STEP_END = 1 << 31
"""The parser's own lookup takes no number from here on."""

_UNREADABLE = (RuntimeError, ValueError, TypeError, AttributeError, IndexError)


def told(
    model: ifcopenshell.file,
    entities: list[Entity],
    types: dict[Step, Any],
    attributes: Attributes,
    metre: float,
    not_body: frozenset[str],
) -> Told:
    """Everything of one file. An instance that cannot be read is left out."""
    openings = {Step(each.id()): each for each in by_type(model, "IfcFeatureElementSubtraction")}
    kinds = {Step(each.id()): each for each in by_type(model, "IfcTypeObject")}
    others = [
        found
        for step, each in (*openings.items(), *kinds.items())
        if (found := _entity(step, each, attributes)) is not None
    ]
    undrawn = {each.step: model.by_id(each.step) for each in entities if not each.wanted and each.step < _STEP_END}
    frames, corners = Frames(metre), Corners(attributes, metre, not_body)
    return Told(
        others,
        [
            *_links(model),
            *_documents(model),
            *(Link(step, "type", Step(kind.id()), None) for step, kind in types.items()),
        ],
        [*_places(openings, frames, corners, attributes), *_places(undrawn, frames, None, attributes)],
        _true_north(model),
    )


def describe(
    model: ifcopenshell.file, undrawn: list[Step], metre: float, not_body: frozenset[str], folder: Path
) -> None:
    """Write where the things stand that no kernel drew, and what their shapes are made of."""
    attributes = Attributes(model.schema_identifier)
    instances = {step: model.by_id(step) for step in undrawn if step < _STEP_END}
    corners = Corners(attributes, metre, not_body)
    places = list(_places(instances, Frames(metre), corners, attributes))
    (folder / UNDRAWN).write_bytes(msgspec.json.encode(places))


_NAMES = ("GlobalId", "Name", "ObjectType", "ElementType", "Tag", "PredefinedType")


def _entity(step: Step, instance: Any, attributes: Attributes) -> Entity | None:
    ifc_class = instance.is_a()
    try:
        values = [None if at is None else instance[at] for at in attributes.indices(ifc_class, _NAMES)]
    except _UNREADABLE:
        return None
    global_id, name, object_type, element_type, tag, predefined = (
        value if isinstance(value, str) else None for value in values
    )
    return Entity(
        step, ifc_class, global_id, name, None, object_type or element_type, predefined, tag, None, None, wanted=False
    )


def _links(model: ifcopenshell.file) -> Iterator[Link]:
    for ifc_class, one_at, other_at, relation in _ONE_TO_MANY:
        for each in by_type(model, ifc_class):
            try:
                ones, others = _many(each[one_at]), _many(each[other_at])
                detail = None
                if relation == "bounds":
                    detail = " ".join(str(each[at]) for at in _SIDES if each[at] is not None) or None
            except _UNREADABLE:
                continue
            for one in ones:
                for other in others:
                    yield Link(Step(one.id()), relation, Step(other.id()), detail)


def _typed(types: dict[Step, Any]) -> Iterator[Link]:
    for step, kind in types.items():
        yield Link(step, "type", Step(kind.id()), None)


def _documents(model: ifcopenshell.file) -> Iterator[Link]:
    """What is associated with things and is no instance of its own: documents, approvals, constraints, libraries."""
    for ifc_class, relation in (
        ("IfcRelAssociatesDocument", "document"),
        ("IfcRelAssociatesLibrary", "library"),
        ("IfcRelAssociatesApproval", "approval"),
        ("IfcRelAssociatesConstraint", "constraint"),
    ):
        for each in by_type(model, ifc_class):
            try:
                said = _said(each[len(each) - 1], 0)
                for one in _many(each[4]):
                    yield Link(Step(one.id()), relation, Step(0), said)
            except _UNREADABLE:
                continue


def _said(instance: Any, depth: int) -> str:
    """The texts and numbers of an instance and of those that it refers to, in the schema's order."""
    parts = []
    for value in instance if instance is not None else ():
        for each in value if isinstance(value, tuple) else (value,):
            if hasattr(each, "is_a"):
                if depth < 3 and not each.is_a("IfcOwnerHistory"):
                    parts.append(_said(each, depth + 1) if each.id() else str(each[0]))
            elif each is not None and each != "":
                parts.append(str(each))
    return " ".join(part for part in parts if part)


def _places(
    instances: dict[Step, Any], frames: Frames, corners: Corners | None, attributes: Attributes
) -> Iterator[Placed]:
    for step, each in instances.items():
        placement_at, shape_at = attributes.indices(each.is_a(), ("ObjectPlacement", "Representation"))
        if placement_at is None or shape_at is None:
            continue
        try:
            placement = each[placement_at]
            frame = None if placement is None else frames.of(placement)
            found, words = ([], "") if corners is None else corners.of(each[shape_at], frame)
        except (*_UNREADABLE, OverflowError):
            continue
        told_ = None if frame is None else (*frame[3], frame[0][0], frame[0][1], frame[2][2])
        if not all(map(isfinite, (*(told_ or ()), *(number for corner in found for number in corner)))):
            continue
        if told_ is not None or found or words:
            yield Placed(step, told_, found, words)


def _true_north(model: ifcopenshell.file) -> float | None:
    for context in by_type(model, "IfcGeometricRepresentationContext"):
        if context.is_a("IfcGeometricRepresentationSubContext"):
            continue  # it has its parent's, and asked for what it derives the parser loads all rules of its schema
        try:
            ratios = getattr(getattr(context, "TrueNorth", None), "DirectionRatios", None)
            if ratios and any(ratios[:2]) and all(map(isfinite, ratios)):
                return round(degrees(atan2(ratios[0], ratios[1])), 6)
        except _UNREADABLE:
            continue
    return None


def _many(value: Any) -> list[Any]:
    return [each for each in (value if isinstance(value, tuple) else (value,)) if hasattr(each, "is_a")]
