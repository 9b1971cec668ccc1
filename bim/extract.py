"""From a parsed file to `Facts`: one pass over entities, relationships and sets. Runs in the parsing process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ifcopenshell

from bim import properties, relations, site, units
from bim.facts import Entity, Facts, Property, Quantity, Step

_ROOTS = ("IfcProject", "IfcSpatialStructureElement", "IfcSpatialElement", "IfcElement", "IfcProxy", "IfcGroup")
_NOT_BODY = frozenset({"Axis", "FootPrint", "Box", "Annotation", "Plan", "CoG", "Clearance", "Lighting", "Reference"})


def facts(model: ifcopenshell.file) -> Facts:
    """Everything that the file says but its geometry."""
    factors = units.factors(model)
    types = relations.types(model)
    described, sets = properties.described(model, types)
    found, unread = _entities(model, types, factors.get("LENGTHUNIT", 1.0))
    rows, quantities = _set_rows(sets, factors)
    return Facts(
        entities=found,
        lineage=_lineage(model, {entity.ifc_class for entity in found}),
        parents=relations.parents(model),
        space_of=relations.space_of(model),
        members=relations.members(model),
        sets={step: str(each[2] or "") for step, each in sets.items()},
        described=described,
        properties=rows,
        quantities=quantities,
        length_unit_m=factors.get("LENGTHUNIT"),
        map_conversions=site.map_conversions(model),
        site=site.site_position(model),
        instances=len(model.entity_names()),
        unread=unread,
    )


def _entities(model: ifcopenshell.file, types: dict[Step, Any], metre: float) -> tuple[list[Entity], int]:
    found: dict[int, Entity] = {}
    unread = 0
    for instance in _instances(model):
        try:
            found[instance.id()] = _entity(instance, types.get(Step(instance.id())), metre)
        except (RuntimeError, ValueError, TypeError, AttributeError):
            unread += 1
    return [found[step] for step in sorted(found)], unread


def _instances(model: ifcopenshell.file) -> Iterator[Any]:
    for ifc_class in _ROOTS:
        for instance in relations.by_type(model, ifc_class):
            if not instance.is_a("IfcFeatureElementSubtraction"):
                yield instance


def _entity(instance: Any, kind: Any, metre: float) -> Entity:
    elevation = getattr(instance, "Elevation", None)
    return Entity(
        step=Step(instance.id()),
        ifc_class=instance.is_a(),
        global_id=instance[0],
        name=_text(instance[2]),
        long_name=_text(getattr(instance, "LongName", None)),
        object_type=_text(instance[4]),
        predefined_type=_predefined(instance) or _predefined(kind),
        tag=_text(getattr(instance, "Tag", None)),
        type_name=_text(kind[2]) if kind is not None else None,
        elevation_m=float(elevation) * metre if isinstance(elevation, (int, float)) else None,
        wanted=_has_body(instance),
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _predefined(instance: Any) -> str | None:
    """PredefinedType, or the IFC2X3 attribute that said it then."""
    value = getattr(instance, "PredefinedType", None) or getattr(instance, "OperationType", None)
    return str(value) if isinstance(value, str) and value != "NOTDEFINED" else None


def _has_body(instance: Any) -> bool:
    shape = getattr(instance, "Representation", None)
    for representation in getattr(shape, "Representations", None) or ():
        if representation is not None and representation[1] not in _NOT_BODY:
            return True
    return False


def _set_rows(sets: dict[Step, Any], factors: dict[str, float]) -> tuple[list[Property], list[Quantity]]:
    rows: list[Property] = []
    quantities: list[Quantity] = []
    for each in sets.values():
        if each.is_a("IfcPropertySet"):
            rows.extend(properties.properties_in(each))
        elif each.is_a("IfcElementQuantity"):
            quantities.extend(properties.quantities_in(each, factors))
    return rows, quantities


def _lineage(model: ifcopenshell.file, classes: set[str]) -> dict[str, list[str]]:
    schema = ifcopenshell.schema_by_name(model.schema_identifier)
    return {ifc_class: list(_supertypes(schema.declaration_by_name(ifc_class).as_entity())) for ifc_class in classes}


def _supertypes(declaration: Any) -> Iterator[str]:
    while declaration is not None:
        yield declaration.name()
        declaration = declaration.supertype()
