"""ifctester 0.9.0 as the IDS 1.0 standard has it: its faults are put right here, for the process that calls `mend`.

- Bounds and enumerations of numbers have the standard's tolerance, as single values have: |v|·10⁻⁶ + 10⁻⁶.
- Several patterns of one restriction are alternatives.
- An optional attribute that is null is met.
- Attributes are compared in SI, as properties are: a door of 900 in a file of millimetres is 0.9.
- Temperatures are compared in kelvin: degrees have an offset, which its conversion leaves out.
- An element that it cannot judge (an assertion, a unit without a name) is told as such, and the others are judged.

Each part can go when `tests/bim/test_ids_suite.py` and `tests/bim/test_field_ids.py` pass without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import ifcopenshell.util.unit as vendor_units
from elementpath.regex import translate_pattern
from ifctester import facet, ids

TOLERANCE = 1e-6

KELVIN_AT = {
    "DEGREE_CELSIUS": lambda value: value + 273.15,
    "FAHRENHEIT": lambda value: (value + 459.67) * 5 / 9,
    "DEGREE FAHRENHEIT": lambda value: (value + 459.67) * 5 / 9,
    "DEGREE_FAHRENHEIT": lambda value: (value + 459.67) * 5 / 9,
}  # fmt: skip
"""Units of temperature with an offset, by their names in files."""


def mend() -> None:
    """Let ifctester judge as the standard does, in this process."""
    facet.is_x = close
    facet.Restriction = Restriction
    ids.Attribute = _Attribute
    ids.Property = _Property
    convert = vendor_units.convert
    vendor_units.convert = lambda value, prefix, unit, *to: _converted(convert, value, prefix, unit, *to)


def close(value: float, wanted: float) -> bool:
    """Whether a number is the wanted one, within the tolerance of the standard.

    >>> close(0.9999981, 1.0), close(0.9999979, 1.0), close(-0.000001, 0.0)
    (True, False, True)
    """
    return abs(value - wanted) <= _tolerance(wanted)


class Restriction(facet.Restriction):  # type: ignore[misc]
    """A restriction of XML Schema, as a value is compared with it."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        """Whether a value meets every constraint."""
        if other is None:
            return False
        try:
            return all(_meets(other, kind, wanted) for kind, wanted in self.options.items())
        except ValueError:  # a bound on what is no number
            return False


class _Attribute(facet.Attribute):  # type: ignore[misc]
    def parse(self, xml: Any) -> Any:
        return _of_values(super().parse(xml))

    def __call__(self, inst: Any, logger: Any = None) -> Any:
        found = super().__call__(_InSi(inst) if self.value is not None else inst, logger)
        if not found and self.cardinality == "optional" and found.reason == {"type": "FALSEY", "actual": None}:
            return facet.AttributeResult(True)
        return found


class _Property(facet.Property):  # type: ignore[misc]
    def parse(self, xml: Any) -> Any:
        return _of_values(super().parse(xml))

    def __call__(self, inst: Any, logger: Any = None) -> Any:
        try:
            return super().__call__(inst, logger)
        except (AssertionError, AttributeError, KeyError, TypeError, ZeroDivisionError) as error:
            return _Unjudged(error)


class _Unjudged(facet.Result):  # type: ignore[misc]
    """A property that ifctester could not judge; it counts as not met, with the cause."""

    def __init__(self, error: Exception) -> None:
        super().__init__(False, {"type": "UNJUDGED"})
        self._cause = f"{type(error).__name__}: {error}".rstrip(": ")

    def to_string(self) -> str:
        return f"The property could not be judged ({self._cause})"


class _InSi:
    """An element whose measured attributes are read in SI units."""

    def __init__(self, inst: Any) -> None:
        self._inst = inst

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inst, name)
        return self._si(name, value) if isinstance(value, float) and not name.startswith("_") else value

    def get_info(self) -> dict[str, Any]:
        """Attributes by name."""
        told = self._inst.get_info()
        return {name: self._si(name, value) if isinstance(value, float) else value for name, value in told.items()}

    def _si(self, name: str, value: float) -> float:
        unit = _unit_of(self._inst, name)
        return value if unit is None else in_si(value, unit)


def in_si(value: float, unit: Any) -> float:
    """A value in an IfcNamedUnit, in the SI unit of its kind (kilograms for masses)."""
    kind = unit.UnitType
    prefix = "KILO" if kind == "MASSUNIT" else None
    si = vendor_units.si_type_names[kind]
    return float(vendor_units.convert(value, getattr(unit, "Prefix", None), unit.Name, prefix, si))


def _unit_of(inst: Any, name: str) -> Any:
    """The project's unit of an attribute's measure; None where it has none with a name."""
    declaration = inst.declaration.as_entity()
    declared = declaration.attribute_by_index(inst.get_argument_index(name)).type_of_attribute().as_named_type()
    if declared is None:
        return None
    kind = vendor_units.get_measure_unit_type(declared.declared_type().name())
    unit = vendor_units.get_project_unit(inst.file, kind) if kind in vendor_units.si_type_names else None
    return unit if unit is not None and getattr(unit, "Name", None) else None


def _converted(convert: Callable[..., float], value: float, prefix: Any, unit: str, *to: Any) -> float:
    offset = KELVIN_AT.get(str(unit).upper())
    kelvin = "KELVIN" in (str(part).upper() for part in to)
    return float(offset(value)) if offset and kelvin and not prefix else convert(value, prefix, unit, *to)


def _of_values(found: Any) -> Any:
    """A facet whose single value is a list of one: compared as those of an enumeration are."""
    if isinstance(found.value, str):
        found.value = Restriction({"enumeration": [found.value]})
    return found


def _meets(value: Any, kind: str, wanted: Any) -> bool:
    several = wanted if isinstance(wanted, list) else [wanted]
    if kind == "enumeration":
        return any(_is(value, one) for one in several)
    if kind == "pattern":
        return isinstance(value, str) and any(_matches(value, one) for one in several)
    return all(_BOUNDS[kind](value, one) for one in several) if kind in _BOUNDS else True


def _is(value: Any, text: str) -> bool:
    if isinstance(value, bool):
        return value is {"true": True, "1": True, "false": False, "0": False}.get(text)
    if isinstance(value, int):
        return float(value) == float(text)
    return close(value, float(text)) if isinstance(value, float) else str(value) == text


def _matches(value: str, pattern: str) -> bool:
    regex = translate_pattern(pattern, back_references=False, lazy_quantifiers=False, anchors=False)
    return re.fullmatch(regex, value) is not None


def _tolerance(wanted: float) -> float:
    return TOLERANCE * (abs(wanted) + 1) * (1 + 1e-9)  # what lies on the edge is met, whatever its binary form


_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "length": lambda value, wanted: len(str(value)) == int(wanted),
    "minLength": lambda value, wanted: len(str(value)) >= int(wanted),
    "maxLength": lambda value, wanted: len(str(value)) <= int(wanted),
    "minInclusive": lambda value, wanted: float(value) >= float(wanted) - _tolerance(float(wanted)),
    "maxInclusive": lambda value, wanted: float(value) <= float(wanted) + _tolerance(float(wanted)),
    "minExclusive": lambda value, wanted: float(value) > float(wanted) + _tolerance(float(wanted)),
    "maxExclusive": lambda value, wanted: float(value) < float(wanted) - _tolerance(float(wanted)),
}
