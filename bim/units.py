"""A file's units, as factors to SI. A unit that is missing is missing: no factor is made up for a length."""

from __future__ import annotations

from typing import Any

import ifcopenshell
import ifcopenshell.guid

_PREFIX = {
    "EXA": 1e18, "PETA": 1e15, "TERA": 1e12, "GIGA": 1e9, "MEGA": 1e6, "KILO": 1e3, "HECTO": 1e2, "DECA": 1e1,
    "DECI": 1e-1, "CENTI": 1e-2, "MILLI": 1e-3, "MICRO": 1e-6, "NANO": 1e-9, "PICO": 1e-12,
    "FEMTO": 1e-15, "ATTO": 1e-18,
}  # fmt: skip
_POWER = {"SQUARE_METRE": 2, "CUBIC_METRE": 3}
_GRAM_IN_SI = 1e-3
_MAX_DEPTH = 8
"""Units that are made of units: a file's circle ends here."""


def factors(model: ifcopenshell.file) -> dict[str, float]:
    """Unit type (`LENGTHUNIT`, `AREAUNIT` …) → factor to SI, for every unit that the project assigns."""
    found: dict[str, float] = {}
    for assignment in _assignments(model):
        for unit in getattr(assignment, "Units", None) or ():
            factor = factor_of(unit)
            if factor is not None:
                found.setdefault(str(unit.UnitType), factor)
    return found


def give_to_project(model: ifcopenshell.file) -> None:
    """Let the kernels, which ask the project only, find the units that no project refers to."""
    projects = model.by_type("IfcProject")
    if any(getattr(project, "UnitsInContext", None) is not None for project in projects):
        return
    for assignment in _assignments(model):
        if not projects:
            model.create_entity("IfcProject", GlobalId=ifcopenshell.guid.new(), UnitsInContext=assignment)
        for project in projects:
            project.UnitsInContext = assignment


def state_angle(model: ifcopenshell.file) -> None:
    """Give a model that names no unit of angles the radian, SI's own: kernels take such angles for something else."""
    for assignment in _assignments(model):
        units = getattr(assignment, "Units", None) or ()
        stated = [unit for unit in units if isinstance(unit, ifcopenshell.entity_instance)]
        if not any(getattr(unit, "UnitType", None) == "PLANEANGLEUNIT" for unit in stated):
            radian = model.create_entity("IfcSIUnit", UnitType="PLANEANGLEUNIT", Name="RADIAN")
            assignment.Units = (*stated, radian)


def _assignments(model: ifcopenshell.file) -> list[Any]:
    """Those of the projects; where no project has one, the only one that there is."""
    stated = [getattr(project, "UnitsInContext", None) for project in model.by_type("IfcProject")]
    found = [each for each in stated if each is not None]
    alone = model.by_type("IfcUnitAssignment")
    return found or (list(alone) if len(alone) == 1 else [])


def factor_of(unit: Any, depth: int = 0) -> float | None:
    """Factor of one IfcSIUnit, IfcConversionBasedUnit or IfcDerivedUnit to SI; None for any other or a broken one.

    Law: an SI prefix of a square or cubic metre counts twice or three times (ISO 10303-41); a derived unit is the
    product of its elements' powers.
    """
    if unit is None or depth > _MAX_DEPTH:
        return None
    if unit.is_a("IfcSIUnit"):
        power = _POWER.get(unit.Name, 1)
        base = _GRAM_IN_SI if unit.Name == "GRAM" else 1.0
        return float(base * _PREFIX.get(unit.Prefix or "", 1.0) ** power)
    if unit.is_a("IfcConversionBasedUnit"):
        return _converted(unit.ConversionFactor, depth)
    if unit.is_a("IfcDerivedUnit"):
        return _derived(unit.Elements or (), depth)
    return None


def state_length(model: ifcopenshell.file, length_unit_m: float) -> None:
    """Give a model without a length unit the stated one, so that its kernels can draw it."""
    metre = model.create_entity("IfcSIUnit", UnitType="LENGTHUNIT", Name="METRE")
    unit = metre if length_unit_m == 1.0 else _times(model, metre, length_unit_m)
    for project in model.by_type("IfcProject"):
        kept = tuple(getattr(project.UnitsInContext, "Units", None) or ())
        project.UnitsInContext = model.create_entity("IfcUnitAssignment", Units=(*kept, unit))


def _derived(elements: Any, depth: int) -> float | None:
    product = 1.0
    for element in elements:
        factor = factor_of(getattr(element, "Unit", None), depth + 1)
        exponent = getattr(element, "Exponent", None)
        if factor is None or not isinstance(exponent, int):
            return None
        product *= factor**exponent
    return product if elements else None


def _converted(measure: Any, depth: int) -> float | None:
    base = factor_of(getattr(measure, "UnitComponent", None), depth + 1)
    value = getattr(getattr(measure, "ValueComponent", None), "wrappedValue", None)
    if base is None or not isinstance(value, (int, float)) or value <= 0:
        return None
    return float(value) * base


def _times(model: ifcopenshell.file, metre: Any, length_unit_m: float) -> Any:
    value = model.create_entity("IfcLengthMeasure", length_unit_m)
    measure = model.create_entity("IfcMeasureWithUnit", ValueComponent=value, UnitComponent=metre)
    exponents = model.create_entity("IfcDimensionalExponents", 1, 0, 0, 0, 0, 0, 0)
    return model.create_entity(
        "IfcConversionBasedUnit", Dimensions=exponents, UnitType="LENGTHUNIT", Name="stated", ConversionFactor=measure
    )
