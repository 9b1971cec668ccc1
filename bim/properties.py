"""Property sets and quantities of a file, each set read once however many entities share it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ifcopenshell

from bim.facts import Property, Quantity, Step
from bim.parser.measures import Measures
from bim.parser.property_kinds import PropertyKinds
from bim.relations import pairs
from bim.single_values import SingleValues
from bim.units import factor_of

_QUANTITY = {
    "IfcQuantityLength": ("length", "LENGTHUNIT"),
    "IfcQuantityArea": ("area", "AREAUNIT"),
    "IfcQuantityVolume": ("volume", "VOLUMEUNIT"),
    "IfcQuantityCount": ("count", ""),
    "IfcQuantityWeight": ("weight", "MASSUNIT"),
    "IfcQuantityTime": ("time", "TIMEUNIT"),
    "IfcQuantityNumber": ("count", ""),
}
_MAX_DEPTH = 8

Described = list[tuple[Step, Step, bool]]
"""(entity, set, inherited from the type)."""


def described(model: ifcopenshell.file, types: dict[Step, Any]) -> tuple[Described, dict[Step, Any]]:
    """Which entity has which set, and the sets by their step; the type's sets as inherited."""
    rows: Described = []
    sets: dict[Step, Any] = {}
    for definition, entity in pairs(model, "IfcRelDefinesByProperties", 5, 4):
        for each in _definitions(definition):
            sets[each.id()] = each
            rows.append((entity.id(), each.id(), False))
    of_type = {kind.id(): _sets_of_type(kind) for kind in {kind.id(): kind for kind in types.values()}.values()}
    for step, kind in types.items():
        for each in of_type[kind.id()]:
            sets[each.id()] = each
            rows.append((step, each.id(), True))
    return rows, sets


def properties_in(model: ifcopenshell.file, pset: Any, plain: SingleValues, kinds: PropertyKinds) -> Iterator[Property]:
    """The properties of one IfcPropertySet, `plain` ones from the text, the others by their `kinds`."""
    step = pset.id()
    rows = plain.rows(step)
    if rows is not None:
        for property_step, row in rows:
            if row is not None:
                yield row
            else:
                yield from kinds.rows(step, _instance(model, property_step))
        return
    for each in pset[4] or ():
        yield from kinds.rows(step, each)


def quantities_in(qset: Any, measures: Measures) -> Iterator[Quantity]:
    """The quantities of one IfcElementQuantity, in SI by their own unit or the project's."""
    for each in qset[5] or ():
        yield from _measured(qset.id(), each, measures, 0)


def _instance(model: ifcopenshell.file, step: Step) -> Any:
    """The instance with a number; None where it dangles."""
    try:
        return model.by_id(step)
    except (RuntimeError, OverflowError):
        return None


def _definitions(definition: Any) -> tuple[Any, ...]:
    if definition.is_a("IfcPropertySetDefinitionSet"):
        return tuple(definition[0] or ())
    return (definition,)


def _sets_of_type(kind: Any) -> tuple[Any, ...]:
    return tuple(getattr(kind, "HasPropertySets", None) or ())


def _measured(step: Step, each: Any, measures: Measures, depth: int) -> Iterator[Quantity]:
    if each is None or depth > _MAX_DEPTH:
        return
    if each.is_a("IfcPhysicalComplexQuantity"):
        for part in each.get_argument(2) or ():
            yield from _measured(step, part, measures, depth + 1)
        return
    quantity, unit_type = _QUANTITY.get(each.is_a(), ("", ""))
    if quantity and isinstance(each.get_argument(3), (int, float)):
        yield Quantity(
            step,
            str(each.get_argument(0)),
            quantity,
            float(each.get_argument(3)) * _factor(each.get_argument(2), unit_type, measures),
        )


def _factor(unit: Any, unit_type: str, measures: Measures) -> float:
    own = factor_of(unit)
    if own is not None:
        return own
    stated = measures.factor(unit_type)
    return 1.0 if stated is None else stated
