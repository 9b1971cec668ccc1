"""From a parsed file to `Facts`: one pass over entities, relationships and sets. Runs in the parsing process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ifcopenshell

from bim import properties, relations, site, units
from bim.attributes import Attributes
from bim.classifications import classifications
from bim.compare.told import told
from bim.facts import Attribute, Entity, Facts, Property, Quantity, Step
from bim.materials import made_of
from bim.own_attributes import OwnAttributes
from bim.parser.levels import with_levels
from bim.parser.measures import Measures
from bim.parser.predefined_sets import PredefinedSets, is_predefined, name_of
from bim.parser.property_kinds import PropertyKinds
from bim.single_values import SingleValues

_ROOTS = ("IfcProject", "IfcSpatialStructureElement", "IfcSpatialElement", "IfcElement", "IfcProxy", "IfcGroup")
NOT_BODY = frozenset({"Axis", "FootPrint", "Box", "Annotation", "Plan", "CoG", "Clearance", "Lighting", "Reference"})
"""Identifiers of representations that are no shapes of the thing."""


def facts(model: ifcopenshell.file, path: Path) -> Facts:
    """Everything that the file at `path`, which the parser read as `model`, says but its geometry."""
    factors = units.factors(model)
    types = relations.types(model)
    described, sets = properties.described(model, types)
    attributes = Attributes(model.schema_identifier)
    metre = factors.get("LENGTHUNIT", 1.0)
    found, own, misnamed, unread = _entities(model, attributes, types, metre)
    of_materials, materials = made_of(model, types, metre)
    measures = Measures(factors)
    predefined = PredefinedSets(attributes, measures)
    plain = SingleValues(path, measures) if sets else None
    rows, quantities, unread_sets = _set_rows(model, sets, measures, plain, predefined)
    above, other_parents = relations.parents(model)
    return Facts(
        entities=with_levels(model, found, above, factors.get("LENGTHUNIT")),
        lineage={ifc_class: attributes.lineage(ifc_class) for ifc_class in {each.ifc_class for each in found}},
        parents=above,
        other_parents=other_parents,
        in_zones=relations.in_zones(model),
        space_of=relations.space_of(model),
        connections=relations.connections(model),
        members=relations.members(model),
        sets={step: name_of(each) for step, each in sets.items()},
        described=described,
        properties=rows,
        quantities=quantities,
        length_unit_m=factors.get("LENGTHUNIT"),
        area_unit_m2=measures.factor("AREAUNIT"),
        map_conversions=site.map_conversions(model, described, sets),
        site=site.site_position(model, metre),
        instances=len(model.entity_names()),
        unread=unread + unread_sets,
        classes=sorted(model.types()),
        misnamed=misnamed,
        classifications=classifications(model, types),
        attributes=own,
        made_of=of_materials,
        materials=materials,
        told=told(model, found, types, attributes, metre, NOT_BODY),
    )


def _entities(
    model: ifcopenshell.file, attributes: Attributes, types: dict[Step, Any], metre: float
) -> tuple[list[Entity], list[Attribute], list[Step], int]:
    """Entities, what else they say, those to be drawn whose Name is no text, and how many could not be read."""
    found: dict[Step, Entity] = {}
    told: list[Attribute] = []
    misnamed: list[Step] = []
    own = OwnAttributes(attributes, metre)
    unread = 0
    for step, instance in _instances(model):
        try:
            found[step], is_named = _entity(instance, step, attributes, types.get(step), metre)
            if not is_named and found[step].wanted:
                misnamed.append(step)
            told.extend(own.of(instance, step))
        except (RuntimeError, ValueError, TypeError, AttributeError):
            unread += 1
    return [found[step] for step in sorted(found)], told, misnamed, unread


def _instances(model: ifcopenshell.file) -> Iterator[tuple[Step, Any]]:
    """Each once: a space is a spatial structure element and a spatial element."""
    seen = {instance.id() for instance in relations.by_type(model, "IfcFeatureElementSubtraction")}
    for ifc_class in _ROOTS:
        for instance in relations.by_type(model, ifc_class):
            if (step := instance.id()) not in seen:
                seen.add(step)
                yield Step(step), instance


_NAMES = (
    "GlobalId", "Name", "LongName", "ObjectType", "Tag", "Elevation", "Representation", "OverallWidth",
    "PredefinedType", "OperationType",
)  # fmt: skip


def _entity(instance: Any, step: Step, attributes: Attributes, kind: Any, metre: float) -> tuple[Entity, bool]:
    """An entity, and whether its Name is a text or none: kernels stop at any other."""
    ifc_class = instance.is_a()
    values = [
        None if index is None else instance.get_argument(index) for index in attributes.indices(ifc_class, _NAMES)
    ]
    global_id, name, long_name, object_type, tag, elevation, shape, width, predefined, operation = values
    entity = Entity(
        step=step,
        ifc_class=ifc_class,
        global_id=global_id if isinstance(global_id, str) else None,
        name=_text(name),
        long_name=_text(long_name),
        object_type=_text(object_type),
        predefined_type=_predefined(predefined, operation, kind),
        tag=_text(tag),
        type_name=None if kind is None else _type_text(kind, "Name"),
        elevation_m=float(elevation) * metre if isinstance(elevation, (int, float)) else None,
        wanted=shape is not None and _has_body(shape),
        type_class=None if kind is None else kind.is_a(),
        overall_width_m=float(width) * metre if isinstance(width, (int, float)) else None,
    )
    return entity, name is None or isinstance(name, str)


def _text(value: Any) -> str | None:
    """A text; a number as text; nothing where a damaged file refers to an instance or a list."""
    return value if isinstance(value, str) else str(value) if isinstance(value, (int, float)) else None


def _predefined(predefined: Any, operation: Any, kind: Any) -> str | None:
    """PredefinedType of the occurrence or its type, or the attribute that said it in IFC2X3."""
    for value in (predefined, operation, None if kind is None else _type_text(kind, "PredefinedType")):
        if isinstance(value, str) and value != "NOTDEFINED":
            return value
    return None


def _type_text(kind: Any, name: str) -> str | None:
    value = getattr(kind, name, None)
    return None if value is None else str(value)


def _has_body(shape: Any) -> bool:
    for representation in getattr(shape, "Representations", None) or ():
        if representation is not None and representation[1] not in NOT_BODY:
            return True
    return False


def _set_rows(
    model: ifcopenshell.file,
    sets: dict[Step, Any],
    measures: Measures,
    plain: SingleValues | None,
    predefined: PredefinedSets,
) -> tuple[list[Property], list[Quantity], int]:
    rows: list[Property] = []
    quantities: list[Quantity] = []
    kinds = PropertyKinds(measures)
    unread = 0
    for each in sets.values():
        try:
            if plain is not None and each.is_a("IfcPropertySet"):
                rows.extend(properties.properties_in(model, each, plain, kinds))
            elif each.is_a("IfcElementQuantity"):
                quantities.extend(properties.quantities_in(each, measures))
            elif is_predefined(each):
                rows.extend(predefined.rows(each))
        except (RuntimeError, ValueError, TypeError, AttributeError):
            unread += 1
    return rows, quantities, unread
