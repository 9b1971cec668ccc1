"""Every value of every kind of property is in the table `properties`, in the file's unit and in SI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker
from tests.bim.sketch import Sketch

Told = tuple[str | None, float | None, str | None]


def _values(model: BuildingModel) -> dict[str, Told]:
    """Set.Name → value, number, value in SI."""
    rows = model.tables["properties"].select("pset", "name", "value", "number", "number_si", "value_si").iter_rows()
    return {
        f"{pset}.{name}": (value, number, value_si if number_si is None else repr(round(number_si, 9)))
        for pset, name, value, number, number_si, value_si in rows
    }


def test_bounds_tables_and_references_have_all_their_values(shared_data: Path, worker: Worker) -> None:
    found = _values(load(shared_data / "field" / "bim" / "property-kinds.ifc", worker=worker))
    assert found["E.RatedCurrent"][:2] == ("6.0 .. 16.0; set point 10.0", 10.0)
    assert found["E.OnlyLower"][0] == "6.0 .."
    assert found["E.Curve"][0] == "1.0 -> 10.0; 2.0 -> 20.0"
    assert found["E.Mat"][0] == "Steel"


@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4", "IFC4X3_ADD2"])
def test_every_kind_says_its_values_in_si_too(schema: str, tmp_path: Path, worker: Worker) -> None:
    sketch = Sketch(schema, length="MILLI")
    wall = sketch.element("IfcWall", "W")
    sketch.contain(sketch.storey("1F", 0), wall)
    mm = [sketch.value(("IfcLengthMeasure", each)) for each in (1000.0, 2500.0)]
    volts = [sketch.value(("IfcReal", each)) for each in (1.0, 2.0)]
    labels = [sketch.value(each) for each in ("a", "b")]
    inch = sketch.unit("LENGTHUNIT", "METRE", ("INCH", 0.0254))
    named: dict[str, Any] = {
        "Upper": ("IfcPropertyBoundedValue", {"UpperBoundValue": mm[1]}),
        "Both": ("IfcPropertyBoundedValue", {"UpperBoundValue": mm[1], "LowerBoundValue": mm[0]}),
        "InInches": ("IfcPropertyBoundedValue", {"UpperBoundValue": mm[0], "Unit": inch}),
        "List": ("IfcPropertyListValue", {"ListValues": mm}),
        "Enumeration": ("IfcPropertyEnumeratedValue", {"EnumerationValues": labels}),
        "Table": ("IfcPropertyTableValue", {"DefiningValues": volts, "DefinedValues": mm}),
        "Nothing": ("IfcPropertyBoundedValue", {}),
        "Who": ("IfcPropertyReferenceValue", {"PropertyReference": sketch.make("IfcOrganization", Name="Taipei")}),
        "Inner": ("IfcPropertyListValue", {"ListValues": labels}),
    }
    made = {name: sketch.make(ifc_class, Name=name, **values) for name, (ifc_class, values) in named.items()}
    inner = made.pop("Inner")
    made["Outer"] = sketch.make("IfcComplexProperty", Name="Outer", UsageName="u", HasProperties=[inner])
    sketch.describe(wall, "P", **made)
    found = _values(sketch.load(tmp_path, worker))
    assert found == {
        "P.Upper": (".. 2500.0", None, ".. 2.5"),
        "P.Both": ("1000.0 .. 2500.0", None, "1.0 .. 2.5"),
        "P.InInches": (".. 1000.0", None, ".. 25.4"),
        "P.List": ("1000.0; 2500.0", None, "1.0; 2.5"),
        "P.Enumeration": ("a; b", None, None),
        "P.Table": ("1.0 -> 1000.0; 2.0 -> 2500.0", None, "1.0 -> 1.0; 2.0 -> 2.5"),
        "P.Nothing": (None, None, None),
        "P.Who": ("Taipei", None, None),
        "P.Outer.Inner": ("a; b", None, None),
    }


@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4", "IFC4X3_ADD2"])
def test_linings_and_panels_are_properties_of_the_doors_of_a_type(schema: str, tmp_path: Path, worker: Worker) -> None:
    sketch = Sketch(schema, length="MILLI")
    lining = sketch.root("IfcDoorLiningProperties", LiningDepth=120.0, LiningThickness=50.0)
    panel = sketch.root(
        "IfcDoorPanelProperties", "Leaf", PanelOperation="SWINGING", PanelPosition="MIDDLE", PanelWidth=1.0
    )
    door = sketch.element("IfcDoor", "D")
    sketch.contain(sketch.storey("1F", 0), door)
    if schema == "IFC2X3":
        kind = sketch.root(
            "IfcDoorStyle", "T", OperationType="SINGLE_SWING_LEFT", ConstructionType="WOOD",
            ParameterTakesPrecedence=True, Sizeable=True, HasPropertySets=[lining, panel],
        )  # fmt: skip
    else:
        kind = sketch.root(
            "IfcDoorType", "T", PredefinedType="DOOR", OperationType="SINGLE_SWING_LEFT",
            HasPropertySets=[lining, panel],
        )  # fmt: skip
    sketch.root("IfcRelDefinesByType", RelatedObjects=[door], RelatingType=kind)
    model = sketch.load(tmp_path, worker)
    found = _values(model)
    assert found["IfcDoorLiningProperties.LiningDepth"] == ("120.0", 120.0, "0.12")
    assert found["IfcDoorLiningProperties.LiningThickness"] == ("50.0", 50.0, "0.05")
    assert found["Leaf.PanelOperation"] == ("SWINGING", None, None)
    assert found["Leaf.PanelWidth"] == ("1.0", 1.0, None)
    assert model.tables["properties"]["inherited"].all()
