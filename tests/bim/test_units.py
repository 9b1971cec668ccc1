"""Which units a file has, and what is given to one that has none."""

from __future__ import annotations

from typing import Any

import ifcopenshell
import pytest

from bim import units


def made(*units_of_it: Any, projects: int = 1, model: ifcopenshell.file | None = None) -> ifcopenshell.file:
    """A file whose projects refer to no units, and a set of units that nothing refers to."""
    model = model or ifcopenshell.file(schema="IFC4")
    for number in range(projects):
        model.create_entity("IfcProject", GlobalId=ifcopenshell.guid.new(), Name=f"P{number}")
    model.create_entity("IfcUnitAssignment", Units=units_of_it)
    return model


def si(model: ifcopenshell.file, kind: str, name: str, prefix: str | None = None) -> Any:
    return model.create_entity("IfcSIUnit", UnitType=kind, Prefix=prefix, Name=name)


def test_of_two_units_of_a_kind_the_first_holds() -> None:
    model = ifcopenshell.file(schema="IFC4")
    two = [
        si(model, "LENGTHUNIT", "METRE", "MILLI"),
        si(model, "LENGTHUNIT", "METRE"),
        si(model, "AREAUNIT", "SQUARE_METRE"),
    ]
    assert units.factors(made(*two, model=model)) == {"LENGTHUNIT": pytest.approx(1e-3), "AREAUNIT": 1.0}


@pytest.mark.parametrize("projects", [0, 1, 2])
def test_units_that_no_project_refers_to_are_given_to_each(projects: int) -> None:
    model = ifcopenshell.file(schema="IFC4")
    made(si(model, "LENGTHUNIT", "METRE", "MILLI"), projects=projects, model=model)
    units.give_to_project(model)
    (assignment,) = model.by_type("IfcUnitAssignment")
    assert [p.UnitsInContext for p in model.by_type("IfcProject")] == [assignment] * max(projects, 1)


def test_of_two_sets_that_nothing_refers_to_none_is_taken() -> None:
    model = made()
    model.create_entity("IfcUnitAssignment", Units=[si(model, "LENGTHUNIT", "METRE")])
    units.give_to_project(model)
    assert [p.UnitsInContext for p in model.by_type("IfcProject")] == [None]
    assert units.factors(model) == {}


def test_a_project_that_has_units_keeps_them_and_the_other_sets_are_none_of_its() -> None:
    model = ifcopenshell.file(schema="IFC4")
    made(si(model, "LENGTHUNIT", "METRE", "CENTI"), projects=2, model=model)
    own = model.create_entity("IfcUnitAssignment", Units=[si(model, "LENGTHUNIT", "METRE", "MILLI")])
    first, second = model.by_type("IfcProject")
    first.UnitsInContext = own
    units.give_to_project(model)
    assert (first.UnitsInContext, second.UnitsInContext) == (own, None)
    assert units.factors(model) == {"LENGTHUNIT": pytest.approx(1e-3)}


@pytest.mark.parametrize("stated", [False, True])
def test_a_file_without_a_unit_of_angles_gets_the_radian_beside_what_it_has(*, stated: bool) -> None:
    model = ifcopenshell.file(schema="IFC4")
    own = [si(model, "LENGTHUNIT", "METRE", "MILLI")]
    if stated:
        own.append(si(model, "PLANEANGLEUNIT", "RADIAN", "MILLI"))
    made(*own, model=model)
    units.state_angle(model)
    (assignment,) = model.by_type("IfcUnitAssignment")
    assert [u.UnitType for u in assignment.Units] == ["LENGTHUNIT", "PLANEANGLEUNIT"]
    assert units.factors(model)["PLANEANGLEUNIT"] == pytest.approx(1e-3 if stated else 1.0)


@pytest.mark.parametrize(("metres", "kind"), [(1.0, "IfcSIUnit"), (0.303, "IfcConversionBasedUnit")])
def test_a_stated_length_unit_is_every_projects_beside_what_it_has(metres: float, kind: str) -> None:
    model = ifcopenshell.file(schema="IFC4")
    made(si(model, "AREAUNIT", "SQUARE_METRE"), model=model)
    units.give_to_project(model)
    units.state_length(model, metres)
    (project,) = model.by_type("IfcProject")
    area, length = project.UnitsInContext.Units
    assert (area.UnitType, length.is_a()) == ("AREAUNIT", kind)
    assert units.factors(model) == {"AREAUNIT": 1.0, "LENGTHUNIT": pytest.approx(metres)}
    if kind != "IfcSIUnit":
        assert [getattr(length.Dimensions, name) for name in ("LengthExponent", "MassExponent", "TimeExponent")] == [
            1,
            0,
            0,
        ]


@pytest.mark.parametrize(("factor", "metres"), [(0.0, None), (-2.5, None), (1e-9, 1e-12), (1, 1e-3)])
def test_a_conversion_that_is_none_or_less_has_no_factor(factor: float, metres: float | None) -> None:
    model = ifcopenshell.file(schema="IFC4")
    base = si(model, "LENGTHUNIT", "METRE", "MILLI")
    value = model.create_entity("IfcReal", float(factor))
    measure = model.create_entity("IfcMeasureWithUnit", ValueComponent=value, UnitComponent=base)
    unit = model.create_entity("IfcConversionBasedUnit", None, "LENGTHUNIT", "x", measure)
    assert units.factor_of(unit) == (None if metres is None else pytest.approx(metres))


def test_a_derived_unit_of_nothing_or_of_an_unknown_one_has_no_factor() -> None:
    model = ifcopenshell.file(schema="IFC4")
    metre = si(model, "LENGTHUNIT", "METRE", "MILLI")
    context = model.create_entity("IfcContextDependentUnit", None, "USERDEFINED", "pieces")
    unknown = [model.create_entity("IfcDerivedUnitElement", unit, 1) for unit in (metre, context)]
    assert units.factor_of(model.create_entity("IfcDerivedUnit", (), "USERDEFINED")) is None
    assert units.factor_of(model.create_entity("IfcDerivedUnit", unknown, "USERDEFINED")) is None
    assert units.factor_of(None) is None


def test_units_made_of_units_are_followed_eight_deep_and_a_circle_of_derived_ones_ends() -> None:
    model = ifcopenshell.file(schema="IFC4")
    for depth in range(10):
        unit = si(model, "LENGTHUNIT", "METRE", "MILLI")
        for _ in range(depth):
            measure = model.create_entity("IfcMeasureWithUnit", model.create_entity("IfcReal", 2.0), unit)
            unit = model.create_entity("IfcConversionBasedUnit", None, "LENGTHUNIT", "x", measure)
        assert units.factor_of(unit) == (pytest.approx(1e-3 * 2**depth) if depth <= 8 else None)
    circle = model.create_entity("IfcDerivedUnit", (), "LINEARVELOCITYUNIT")
    circle.Elements = [model.create_entity("IfcDerivedUnitElement", circle, 1)]
    assert units.factor_of(circle) is None
