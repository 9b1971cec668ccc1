"""From a parsed file to `Facts`: one pass over entities, relationships and sets. Runs in the parsing process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ifcopenshell

from bim import properties, relations, site, units
from bim.attributes import Attributes
from bim.classifications import classifications
from bim.facts import Entity, Facts, Property, Quantity, Step
from bim.single_values import SingleValues

_ROOTS = ("IfcProject", "IfcSpatialStructureElement", "IfcSpatialElement", "IfcElement", "IfcProxy", "IfcGroup")
_TEXT = (str, type(None))
_NOT_BODY = frozenset({"Axis", "FootPrint", "Box", "Annotation", "Plan", "CoG", "Clearance", "Lighting", "Reference"})


def facts(model: ifcopenshell.file, path: Path) -> Facts:
    """Everything that the file at `path`, which the parser read as `model`, says but its geometry."""
    factors = units.factors(model)
    types = relations.types(model)
    described, sets = properties.described(model, types)
    attributes = Attributes(model.schema_identifier)
    found, misnamed, unread = _entities(model, attributes, types, factors.get("LENGTHUNIT", 1.0))
    rows, quantities, unread_sets = _set_rows(model, sets, factors, SingleValues(path) if sets else None)
    return Facts(
        entities=found,
        lineage={ifc_class: attributes.lineage(ifc_class) for ifc_class in {each.ifc_class for each in found}},
        parents=relations.parents(model),
        space_of=relations.space_of(model),
        connections=relations.connections(model),
        members=relations.members(model),
        sets={step: str(each[2] or "") for step, each in sets.items()},
        described=described,
        properties=rows,
        quantities=quantities,
        length_unit_m=factors.get("LENGTHUNIT"),
        map_conversions=site.map_conversions(model, described, sets),
        site=site.site_position(model),
        instances=len(model.entity_names()),
        unread=unread + unread_sets,
        classes=sorted(model.types()),
        misnamed=misnamed,
        classifications=classifications(model, types),
    )


def _entities(
    model: ifcopenshell.file, attributes: Attributes, types: dict[Step, Any], metre: float
) -> tuple[list[Entity], list[Step], int]:
    """Entities, those of them that are to be drawn and whose Name is no text, and how many could not be read."""
    found: dict[int, Entity] = {}
    misnamed: list[Step] = []
    unread = 0
    for instance in _instances(model):
        step = instance.id()
        read = _Reader(instance, attributes)
        try:
            found[step] = _entity(read, types.get(step), metre)
            if found[step].wanted and not isinstance(read("Name"), _TEXT):
                misnamed.append(Step(step))
        except (RuntimeError, ValueError, TypeError, AttributeError):
            unread += 1
    return [found[step] for step in sorted(found)], misnamed, unread


def _instances(model: ifcopenshell.file) -> Iterator[Any]:
    voids = {instance.id() for instance in relations.by_type(model, "IfcFeatureElementSubtraction")}
    for ifc_class in _ROOTS:
        for instance in relations.by_type(model, ifc_class):
            if instance.id() not in voids:
                yield instance


class _Reader:
    """One instance, its attributes by name."""

    def __init__(self, instance: Any, attributes: Attributes) -> None:
        self.instance, self.ifc_class = instance, instance.is_a()
        self._attributes = attributes

    def __call__(self, name: str) -> Any:
        return self._attributes.read(self.instance, self.ifc_class, name)

    def text(self, name: str) -> str | None:
        """A text; a number as text; nothing where a damaged file refers to an instance or a list."""
        value = self(name)
        return str(value) if isinstance(value, (str, int, float)) else None


def _entity(read: _Reader, kind: Any, metre: float) -> Entity:
    elevation, width = read("Elevation"), read("OverallWidth")
    return Entity(
        step=read.instance.id(),
        ifc_class=read.ifc_class,
        global_id=read.text("GlobalId"),
        name=read.text("Name"),
        long_name=read.text("LongName"),
        object_type=read.text("ObjectType"),
        predefined_type=_predefined(read, kind),
        tag=read.text("Tag"),
        type_name=_type_text(kind, "Name"),
        elevation_m=float(elevation) * metre if isinstance(elevation, (int, float)) else None,
        wanted=_has_body(read("Representation")),
        type_class=None if kind is None else kind.is_a(),
        overall_width_m=float(width) * metre if isinstance(width, (int, float)) else None,
    )


def _predefined(read: _Reader, kind: Any) -> str | None:
    """PredefinedType of the occurrence or its type, or the attribute that said it in IFC2X3."""
    for value in (read("PredefinedType"), read("OperationType"), _type_text(kind, "PredefinedType")):
        if isinstance(value, str) and value != "NOTDEFINED":
            return value
    return None


def _type_text(kind: Any, name: str) -> str | None:
    value = getattr(kind, name, None)
    return None if value is None else str(value)


def _has_body(shape: Any) -> bool:
    for representation in getattr(shape, "Representations", None) or ():
        if representation is not None and representation[1] not in _NOT_BODY:
            return True
    return False


def _set_rows(
    model: ifcopenshell.file, sets: dict[Step, Any], factors: dict[str, float], plain: SingleValues | None
) -> tuple[list[Property], list[Quantity], int]:
    rows: list[Property] = []
    quantities: list[Quantity] = []
    unread = 0
    for each in sets.values():
        try:
            if plain is not None and each.is_a("IfcPropertySet"):
                rows.extend(properties.properties_in(model, each, plain))
            elif each.is_a("IfcElementQuantity"):
                quantities.extend(properties.quantities_in(each, factors))
        except (RuntimeError, ValueError, TypeError, AttributeError):
            unread += 1
    return rows, quantities, unread
