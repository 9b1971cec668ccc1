"""The kinds of IfcProperty, each as rows of one text with all of its values.

single       6.0
list, enumeration   1.0; 2.0
bounded      6.0 .. 16.0; set point 10.0      one side alone: `6.0 ..` or `.. 16.0`; `number` is the set point
table        1.0 -> 10.0; 2.0 -> 20.0
reference    what the referred thing is called: its texts and numbers
complex      its parts as rows `Complex.Part`
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

import ifcopenshell

from bim.facts import Property, Step
from bim.parser.measures import OFFSET, Measures
from bim.units import factor_of

_MAX_DEPTH = 8
_REFERENCE_DEPTH = 3
_ABSENT = "—"


class _Value(NamedTuple):
    """One value: its text, its number, what it measures, its number in SI (each None where it has none)."""

    text: str | None
    number: float | None = None
    quantity: str | None = None
    number_si: float | None = None

    @property
    def text_si(self) -> str | None:
        return self.text if self.quantity is None or self.number_si is None else repr(self.number_si)


class PropertyKinds:
    """Reads properties of one file."""

    def __init__(self, measures: Measures) -> None:
        self._measures = measures

    def rows(self, pset: Step, each: Any, prefix: str = "", depth: int = 0) -> Iterator[Property]:
        """The rows of one property of a set; of None, and of circles, none."""
        if each is None or depth > _MAX_DEPTH:
            return
        name = prefix + str(each.get_argument(0))
        match each.is_a():
            case "IfcPropertySingleValue":
                unit = each.get_argument(3)
                told = self._value(each.get_argument(2), unit)
                yield Property(pset, name, told.text, told.number, _unit_name(unit), told.quantity, told.number_si)
            case "IfcComplexProperty":
                for part in each.get_argument(3) or ():
                    yield from self.rows(pset, part, f"{name}.", depth + 1)
            case "IfcPropertyBoundedValue":
                yield self._bounded(pset, name, each)
            case "IfcPropertyTableValue":
                yield self._table(pset, name, each)
            case "IfcPropertyReferenceValue":
                yield Property(pset, name, _described(each.get_argument(3), 0), None, None)
            case _:
                yield self._many(pset, name, each)

    def _bounded(self, pset: Step, name: str, each: Any) -> Property:
        unit = each.get_argument(4)
        point = each.get_argument(5) if len(each) > 5 else None  # not in IFC2X3
        upper, lower, at = (self._value(value, unit) for value in (each.get_argument(2), each.get_argument(3), point))
        text, text_si = (_bounds(*texts) for texts in _texts(lower, upper, at))
        quantity = lower.quantity or upper.quantity or at.quantity
        si = text_si if quantity else None
        return Property(pset, name, text, at.number, _unit_name(unit), quantity, at.number_si, si)

    def _table(self, pset: Step, name: str, each: Any) -> Property:
        units = [each.get_argument(index) if len(each) > index else None for index in (5, 6)]
        columns = [
            [self._value(value, unit) for value in each.get_argument(index) or ()]
            for index, unit in zip((2, 3), units, strict=True)
        ]
        pairs = list(zip_longest(*columns, fillvalue=_Value(None)))
        text = "; ".join(f"{a.text or _ABSENT} -> {b.text or _ABSENT}" for a, b in pairs)
        text_si = "; ".join(f"{a.text_si or _ABSENT} -> {b.text_si or _ABSENT}" for a, b in pairs)
        measured = any(one.quantity for pair in pairs for one in pair)
        unit = " -> ".join(filter(None, map(_unit_name, units))) or None
        return Property(pset, name, text or None, None, unit, None, None, text_si if measured else None)

    def _many(self, pset: Step, name: str, each: Any) -> Property:
        """A list, an enumeration, or a kind that a later schema adds: its third attribute."""
        unit = each.get_argument(3) if each.is_a("IfcPropertyListValue") else None
        stated = each.get_argument(2) if len(each) > 2 else None
        values = [
            self._value(value, unit)
            for value in (stated if isinstance(stated, tuple) else (stated,))
            if value is not None
        ]
        text, text_si = ("; ".join(filter(None, texts)) or None for texts in _texts(*values))
        quantity = next((value.quantity for value in values if value.quantity), None)
        return Property(pset, name, text, None, _unit_name(unit), quantity, None, text_si if quantity else None)

    def _value(self, value: Any, unit: Any) -> _Value:
        bare = _bare(value)
        if isinstance(bare, bool):
            return _Value("true" if bare else "false")
        if not isinstance(bare, (int, float)):
            return _Value(None if bare is None else str(bare))
        number = float(bare)
        quantity, factor = self._measured(value, unit)
        return _Value(repr(bare), number, quantity, None if factor is None else number * factor)

    def _measured(self, value: Any, unit: Any) -> tuple[str | None, float | None]:
        """What a number measures, and its factor to SI: of the unit it states, else of the project's."""
        measured = self._measures.of(_class_of(value))
        if unit is None:
            return measured or (None, None)
        of_unit = str(getattr(unit, "UnitType", None) or "").removesuffix("UNIT").lower()
        quantity = measured[0] if measured else of_unit or None
        return quantity, None if quantity in OFFSET else factor_of(unit)


def _class_of(value: Any) -> str:
    return str(value.is_a()) if hasattr(value, "is_a") else ""


def _texts(*values: _Value) -> tuple[list[str | None], list[str | None]]:
    """The texts of values as the file writes them, and in SI."""
    return [value.text for value in values], [value.text_si for value in values]


def _bounds(lower: str | None, upper: str | None, at: str | None) -> str | None:
    bounds = f"{lower or ''} .. {upper or ''}".strip() if lower or upper else None
    return "; ".join(filter(None, (bounds, at and f"set point {at}"))) or None


def _bare(value: Any) -> Any:
    """What a measure holds; a reference to an entity holds no value."""
    if not isinstance(value, ifcopenshell.entity_instance):
        return value
    return None if value.id() else value.get_argument(0)


def _unit_name(unit: Any) -> str | None:
    if unit is None:
        return None
    return " ".join(str(part) for part in (getattr(unit, "Prefix", None), getattr(unit, "Name", None)) if part) or None


def _described(value: Any, depth: int) -> str | None:
    """A material as `Steel`, a person, a document, a time series: the texts and numbers of an instance, in order."""
    if depth > _REFERENCE_DEPTH or value is None:
        return None
    if isinstance(value, tuple):
        return "; ".join(filter(None, (_described(each, depth + 1) for each in value))) or None
    if isinstance(value, ifcopenshell.entity_instance):
        parts = (_described(value.get_argument(index), depth + 1) for index in range(len(value)))
        return " ".join(filter(None, parts)) or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, (int, float)) else str(value)
