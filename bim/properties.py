"""Property sets and quantities of a file, each set read once however many entities share it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ifcopenshell

from bim.facts import Property, Quantity, Step
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
_LENGTH_POWER = {"AREAUNIT": 2, "VOLUMEUNIT": 3}
_VALUES_AT = 2
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


def properties_in(model: ifcopenshell.file, pset: Any, plain: SingleValues) -> Iterator[Property]:
    """The properties of one IfcPropertySet, `plain` ones from the text; those of a complex one as `Complex.Name`."""
    step = pset.id()
    rows = plain.rows(step)
    if rows is not None:
        for property_step, row in rows:
            if row is not None:
                yield row
            else:
                yield from _flattened(step, _instance(model, property_step), "", 0)
        return
    for each in pset[4] or ():
        yield from _flattened(step, each, "", 0)


def quantities_in(qset: Any, factors: dict[str, float]) -> Iterator[Quantity]:
    """The quantities of one IfcElementQuantity, in SI by the project's `factors` (areas fall back on the length's)."""
    for each in qset[5] or ():
        yield from _measured(qset.id(), each, factors, 0)


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


def _flattened(step: Step, each: Any, prefix: str, depth: int) -> Iterator[Property]:
    if each is None or depth > _MAX_DEPTH:
        return
    name = prefix + str(each.get_argument(0))
    ifc_class = each.is_a()
    if ifc_class == "IfcPropertySingleValue":
        value = each.get_argument(_VALUES_AT)
        text, number = _value(value)
        unit = each.get_argument(3)
        yield Property(step, name, text, number, _unit_name(unit))
    elif ifc_class == "IfcComplexProperty":
        for part in each.get_argument(3) or ():
            yield from _flattened(step, part, f"{name}.", depth + 1)
    else:
        yield Property(step, name, _many(each), None, None)


def _value(value: Any) -> tuple[str | None, float | None]:
    bare = _bare(value)
    if isinstance(bare, bool):
        return ("true" if bare else "false"), None
    if isinstance(bare, (int, float)):
        return repr(bare), float(bare)
    return (None if bare is None else str(bare)), None


def _bare(value: Any) -> Any:
    """What a measure holds; a reference to an entity holds no value."""
    if not isinstance(value, ifcopenshell.entity_instance):
        return value
    return None if value.id() else value.get_argument(0)


def _many(each: Any) -> str | None:
    """Values of an enumerated, listed or bounded property, separated by `; `."""
    values = each.get_argument(_VALUES_AT) if len(each) > _VALUES_AT else None
    texts = [_value(value)[0] for value in (values if isinstance(values, tuple) else (values,)) if value is not None]
    return "; ".join(text for text in texts if text is not None) or None


def _unit_name(unit: Any) -> str | None:
    if unit is None:
        return None
    return " ".join(str(part) for part in (getattr(unit, "Prefix", None), getattr(unit, "Name", None)) if part) or None


def _measured(step: Step, each: Any, factors: dict[str, float], depth: int) -> Iterator[Quantity]:
    if each is None or depth > _MAX_DEPTH:
        return
    if each.is_a("IfcPhysicalComplexQuantity"):
        for part in each.get_argument(2) or ():
            yield from _measured(step, part, factors, depth + 1)
        return
    quantity, unit_type = _QUANTITY.get(each.is_a(), ("", ""))
    if quantity and isinstance(each.get_argument(3), (int, float)):
        yield Quantity(
            step,
            str(each.get_argument(0)),
            quantity,
            float(each.get_argument(3)) * _factor(each.get_argument(2), unit_type, factors),
        )


def _factor(unit: Any, unit_type: str, factors: dict[str, float]) -> float:
    own = factor_of(unit)
    if own is not None:
        return own
    return factors.get(unit_type, factors.get("LENGTHUNIT", 1.0) ** _LENGTH_POWER.get(unit_type, 0))
