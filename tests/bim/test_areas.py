"""Areas are square metres, whatever unit a file counts in, and of several the better one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ifcopenshell
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bim import units
from bim.load import load
from bim.parser.measures import Measures
from bim.process import Worker
from tests.bim.sketch import Sketch

PREFIXES = {
    "EXA": 18, "PETA": 15, "TERA": 12, "GIGA": 9, "MEGA": 6, "KILO": 3, "HECTO": 2, "DECA": 1, None: 0,
    "DECI": -1, "CENTI": -2, "MILLI": -3, "MICRO": -6, "NANO": -9, "PICO": -12, "FEMTO": -15, "ATTO": -18,
}  # fmt: skip
"""ISO 80000-1, table 4: prefix → power of ten."""

FOOT_M, INCH_M = 0.3048, 0.0254


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(("name", "power"), [("METRE", 1), ("SQUARE_METRE", 2), ("CUBIC_METRE", 3), ("WATT", 1)])
def test_every_prefix_counts_once_a_dimension(prefix: str | None, name: str, power: int) -> None:
    model = ifcopenshell.file(schema="IFC4")
    unit = model.create_entity("IfcSIUnit", UnitType="LENGTHUNIT", Prefix=prefix, Name=name)
    assert units.factor_of(unit) == pytest.approx(10.0 ** (PREFIXES[prefix] * power))


@pytest.mark.parametrize(("prefix", "kg"), [("KILO", 1.0), (None, 1e-3), ("MILLI", 1e-6)])
def test_a_gram_is_a_thousandth_of_the_kilogram(prefix: str | None, kg: float) -> None:
    model = ifcopenshell.file(schema="IFC4")
    unit = model.create_entity("IfcSIUnit", UnitType="MASSUNIT", Prefix=prefix, Name="GRAM")
    assert units.factor_of(unit) == pytest.approx(kg)


def _inch_of_millimetres(model: ifcopenshell.file, nested: int = 0) -> Any:
    unit = model.create_entity("IfcSIUnit", UnitType="LENGTHUNIT", Prefix="MILLI", Name="METRE")
    for factor in [25.4, *[1.0] * nested]:
        value = model.create_entity("IfcRatioMeasure", factor)
        measure = model.create_entity("IfcMeasureWithUnit", ValueComponent=value, UnitComponent=unit)
        unit = model.create_entity("IfcConversionBasedUnit", None, "LENGTHUNIT", "INCH", measure)
    return unit


def test_an_inch_may_be_so_many_millimetres() -> None:
    model = ifcopenshell.file(schema="IFC4")
    assert units.factor_of(_inch_of_millimetres(model)) == pytest.approx(INCH_M)
    assert units.factor_of(_inch_of_millimetres(model, nested=2)) == pytest.approx(INCH_M)


def test_a_derived_unit_is_the_product_of_its_powers() -> None:
    model = ifcopenshell.file(schema="IFC4")
    millimetre = model.create_entity("IfcSIUnit", UnitType="LENGTHUNIT", Prefix="MILLI", Name="METRE")
    hour = _conversion(model, "TIMEUNIT", "SECOND", 3600.0)
    powers = ((millimetre, 1), (hour, -1))
    elements = [model.create_entity("IfcDerivedUnitElement", unit, power) for unit, power in powers]
    unit = model.create_entity("IfcDerivedUnit", elements, "LINEARVELOCITYUNIT")
    assert units.factor_of(unit) == pytest.approx(1e-3 / 3600.0)


def test_a_unit_that_is_made_of_itself_has_no_factor() -> None:
    model = ifcopenshell.file(schema="IFC4")
    unit = _inch_of_millimetres(model)
    unit.ConversionFactor.UnitComponent = unit
    assert units.factor_of(unit) is None


def _conversion(model: ifcopenshell.file, kind: str, name: str, factor: float) -> Any:
    base = model.create_entity("IfcSIUnit", UnitType=kind, Name=name)
    value = model.create_entity("IfcReal", factor)
    measure = model.create_entity("IfcMeasureWithUnit", ValueComponent=value, UnitComponent=base)
    return model.create_entity("IfcConversionBasedUnit", None, kind, "x", measure)


@given(metre=st.floats(1e-3, 1e3), own=st.none() | st.floats(1e-6, 1e6))
def test_areas_and_volumes_fall_back_on_the_length(metre: float, own: float | None) -> None:
    factors = {"LENGTHUNIT": metre} | ({} if own is None else {"AREAUNIT": own})
    measures = Measures(factors)
    area, volume = measures.of("IfcAreaMeasure"), measures.of("IFCVOLUMEMEASURE")
    assert area is not None and volume is not None
    assert (area[0], volume[0]) == ("area", "volume")
    assert area[1] == pytest.approx(own or metre**2)
    assert volume[1] == pytest.approx(metre**3)
    assert measures.of("IfcPositiveLengthMeasure") == ("length", metre)
    assert measures.of("IfcPowerMeasure") == ("power", None)
    assert measures.of("IfcLabel") is measures.of("IfcPositiveRatioMeasure") is measures.of("IfcCountMeasure") is None


def test_square_feet_are_read_as_square_feet(shared_data: Path, worker: Worker) -> None:
    model = load(shared_data / "field" / "bim" / "space-area-sqft-property.ifc", worker=worker)
    (space,) = model.spaces.rows(named=True)
    assert (space["area_m2"], space["area_source"]) == (pytest.approx(20.0, abs=1e-4), "property")


UNITS = [
    (None, None, 1.0),
    ("MILLI", None, 1.0),
    ("CENTI", "CENTI", 1e-4),
    ("MILLI", "MILLI", 1e-6),
    (("FOOT", FOOT_M), ("SQUARE FOOT", FOOT_M**2), FOOT_M**2),
    (("INCH", INCH_M), ("SQUARE INCH", INCH_M**2), INCH_M**2),
    (("FOOT", FOOT_M), None, 1.0),
]


@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4", "IFC4X3_ADD2"])
@pytest.mark.parametrize(("length", "area", "square"), UNITS)
@pytest.mark.parametrize("said", ["quantity", "measure", "number"])
def test_twenty_square_metres_are_twenty_in_every_unit(
    schema: str, length: Any, area: Any, square: float, said: str, tmp_path: Path, worker: Worker
) -> None:
    sketch = Sketch(schema, length=length, area=area)
    space = sketch.space("101", sketch.storey("1F", 0), size=None)
    number = 20.0 / square
    if said == "quantity":
        sketch.measure(space, NetFloorArea=number)
    else:
        sketch.describe(space, "Dimensions", Area=("IfcAreaMeasure", number) if said == "measure" else number)
    model = sketch.load(tmp_path, worker)
    assert model.spaces["area_m2"].to_list() == [pytest.approx(20.0)]
    if said == "measure":
        row = model.tables["properties"].row(0, named=True)
        assert (row["number"], row["quantity"], row["number_si"]) == (number, "area", pytest.approx(20.0))


def test_a_unit_of_its_own_holds_before_the_files(tmp_path: Path, worker: Worker) -> None:
    sketch = Sketch(length="MILLI")
    storey = sketch.storey("1F", 0)
    feet = sketch.unit("AREAUNIT", "SQUARE_METRE", ("SQUARE FOOT", FOOT_M**2))
    measured, said, bare = (sketch.space(name, storey, size=None) for name in ("measured", "said", "bare"))
    sketch.measure(measured, feet, NetFloorArea=100.0)
    for space, value in ((said, ("IfcAreaMeasure", 100.0)), (bare, 100.0)):
        one = sketch.make("IfcPropertySingleValue", Name="Area", NominalValue=sketch.value(value), Unit=feet)
        sketch.describe(space, "Dimensions", Area=one)
    found = sketch.load(tmp_path, worker).spaces["area_m2"].to_list()
    assert found == [pytest.approx(100 * FOOT_M**2)] * 3


@pytest.mark.parametrize(
    ("quantities", "properties", "area"),
    [
        ({"GrossFloorArea": 30.0, "NetFloorArea": 25.0}, {}, (25.0, "quantity")),
        ({"GrossFloorArea": 30.0}, {"NetFloorArea": 25.0}, (30.0, "quantity")),
        ({}, {"GrossArea": 30.0, "NetArea": 25.0}, (25.0, "property")),
        ({"GrossWallArea": 99.0}, {"Area": 25.0}, (25.0, "property")),
        ({"NetFloorArea": 0.0, "GrossFloorArea": 30.0}, {}, (30.0, "quantity")),
        ({}, {"Area": ("IfcLengthMeasure", 5.0)}, (None, None)),
        ({}, {"Area": "20 m2"}, (None, None)),
    ],
)
def test_net_before_gross_and_a_base_quantity_before_a_property(
    quantities: dict[str, float],
    properties: dict[str, Any],
    area: tuple[float | None, str | None],
    tmp_path: Path,
    worker: Worker,
) -> None:
    sketch = Sketch()
    space = sketch.space("101", sketch.storey("1F", 0), size=None)
    if quantities:
        sketch.measure(space, **quantities)
    if properties:
        sketch.describe(space, "Dimensions", **properties)
    assert sketch.load(tmp_path, worker).spaces.select("area_m2", "area_source").rows() == [area]
