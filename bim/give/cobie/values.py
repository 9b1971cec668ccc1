"""What a thing's properties and classifications say, as COBie writes it: nothing that is false or 0 is nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import ifcopenshell.util.classification
import ifcopenshell.util.element
import ifcopenshell.util.unit

from bim.give.cobie.template import NONE

LINEAR = {
    "METRE": "meters", "FOOT": "feet", "INCH": "inches", "MILE": "miles", "MILLIMETRE": "millimeters",
    "CENTIMETRE": "centimeters", "KILOMETRE": "kilometers",
}  # fmt: skip
AREA = {"SQUARE_METRE": "square meters", "SQUARE FOOT": "square feet", "SQUARE INCH": "square inches"}
VOLUME = {"CUBIC_METRE": "cubic meters", "CUBIC FOOT": "cubic feet", "CUBIC INCH": "cubic inches"}


class Said(NamedTuple):
    """One property: its set (name and GlobalId), name, value, unit and allowed values as COBie writes them."""

    set_name: str
    set_id: str
    name: str
    value: str
    unit: str
    allowed: str


def said(model: Any, thing: Any) -> Iterator[Said]:
    """The properties and quantities of an element, its type's among them, or of a type."""
    for set_name, properties in ifcopenshell.util.element.get_psets(thing, verbose=True).items():
        held = model.by_id(properties["id"])
        for name, told in properties.items():
            if name == "id" or not isinstance(told, dict) or (value := text(told.get("value"))) == NONE:
                continue
            one = model.by_id(told["id"]) if told.get("id") else None
            yield Said(set_name, getattr(held, "GlobalId", NONE) or NONE, name, value, _unit(model, one), _allowed(one))


def first(properties: Iterable[Said], *names: str) -> str:
    """The value of the first property that has one of these names, in the order of the names."""
    found: dict[str, str] = {}
    for one in properties:
        found.setdefault(one.name, one.value)
    return next((found[name] for name in names if name in found), NONE)


def text(value: Any) -> str:
    """A value as COBie writes it.

    >>> text(False), text(0), text(0.0), text(""), text(None), text(("a", 1))
    ('FALSE', '0', '0.0', 'n/a', 'n/a', 'a, 1')
    """
    if value is None or value == "":
        return NONE
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (tuple, list)):
        return ", ".join(text(one) for one in value) or NONE
    if isinstance(value, dict):
        told = (f"{name}: {text(one)}" for name, one in value.items() if name != "id")
        return "; ".join(one for one in told if not one.endswith(NONE)) or NONE
    return str(getattr(value, "wrappedValue", value))


def category(thing: Any, *otherwise: str | None) -> str:
    """Its classification, `code: name`; else the first of the others that says something."""
    for one in ifcopenshell.util.classification.get_references(thing):
        code = getattr(one, "Identification", None) or getattr(one, "ItemReference", None)
        told = ": ".join(str(part) for part in (code, one.Name) if part)
        if told:
            return told
    return next((str(word) for word in otherwise if word and word not in ("NOTDEFINED", "USERDEFINED")), NONE)


def project_unit(model: Any, kind: str, words: dict[str, str]) -> str:
    """A project's unit in COBie's words."""
    unit = ifcopenshell.util.unit.get_project_unit(model, kind)
    if unit is None:
        return NONE
    name = f"{getattr(unit, 'Prefix', None) or ''}{unit.Name}"
    return words.get(name, words.get(name.replace("MILLI", "").replace("_", " "), name.lower().replace("_", " ")))


def _unit(model: Any, one: Any) -> str:
    if one is None:
        return NONE
    try:
        unit = ifcopenshell.util.unit.get_property_unit(one, model)
    except (AttributeError, TypeError, RuntimeError, KeyError):  # kinds of properties that the library does not know
        return NONE
    if unit is None:
        return NONE
    try:
        return str(ifcopenshell.util.unit.get_unit_symbol(unit)) or NONE
    except (AttributeError, KeyError, TypeError):
        return str(getattr(unit, "Name", None) or NONE)


def _allowed(one: Any) -> str:
    if one is None or not one.is_a("IfcPropertyEnumeratedValue") or one.EnumerationReference is None:
        return NONE
    return text([value.wrappedValue for value in one.EnumerationReference.EnumerationValues])
