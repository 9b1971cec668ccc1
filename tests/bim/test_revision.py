"""A diff tells what changed between two models, and nothing else."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from bim.author import author_building
from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker
from bim.revision import SCHEMA, diff, successors
from bim.tables import Tables
from tests.bim.conftest import SPEC
from tests.bim.surgery import exported_again, steps, with_lines

Revise = Callable[[Callable[[str], str]], BuildingModel]


@pytest.fixture
def revise(authored: Path, tmp_path: Path, worker: Worker) -> Revise:
    """Change the authored block's text and load it as the next revision."""

    def revised(change: Callable[[str], str]) -> BuildingModel:
        text = authored.read_text()
        path = tmp_path / "revised.ifc"
        path.write_text(change(text))
        assert path.read_text() != text
        return load(path, worker=worker)

    return revised


def _line(text: str, ifc_class: str) -> str:
    found = re.search(rf"^#\d+={ifc_class.upper()}\(.*$", text, re.MULTILINE)
    assert found is not None
    return found[0]


def _id(line: str) -> str:
    return line.split("'")[1]


def test_equal_models_have_no_diff(block: BuildingModel) -> None:
    changes = diff(block, block)
    assert changes.is_empty()
    assert changes.schema == SCHEMA


def test_real_models_do_not_differ_from_themselves(shared_data: Path, worker: Worker) -> None:
    model = load(shared_data / "ifc" / "AC20-FZK-Haus.ifc", worker=worker)
    assert diff(model, model).is_empty()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_model_exported_again_has_no_changes(block: BuildingModel, revise: Revise, seed: int) -> None:
    assert diff(block, revise(lambda text: exported_again(text, seed))).rows() == []


@pytest.mark.parametrize(
    "name", ["AC20-FZK-Haus", "building-architecture", "Duplex_A_20110907_georeferenced", "TallBuilding"]
)
def test_a_real_model_exported_again_has_no_changes(
    shared_data: Path, tmp_path: Path, worker: Worker, name: str
) -> None:
    given = shared_data / "ifc" / f"{name}.ifc"
    again = tmp_path / "again.ifc"
    again.write_text(exported_again(_on_lines(given.read_text()), 3))
    assert diff(load(given, worker=worker), load(again, worker=worker)).rows() == []


def _on_lines(text: str) -> str:
    """One instance a line, as `exported_again` takes it."""
    head, data = re.split(r"\nDATA;\s*", text.replace("\r", ""), maxsplit=1)
    return f"{head}\nDATA;\n" + re.sub(r"\s*\n\s*(?!#|ENDSEC)", "", data)


def _in_first(ifc_class: str, old: str, new: str) -> Callable[[str], str]:
    """Change what the first instance of a class says."""
    return lambda text: text.replace(line := _line(text, ifc_class), line.replace(old, new, 1))


def _made_of(*lines: str) -> Callable[[str], str]:
    """Give the first wall a material: instances of which the first is what the wall is made of."""

    def change(text: str) -> str:
        wall = _line(text, "IfcWall").split("=")[0]
        association = f"#900000=IFCRELASSOCIATESMATERIAL('1CWjnzA4z1xwaHmnI5jPPo',$,$,$,({wall}),#900001);"
        return with_lines(text, association, *(f"#90000{at}={line};" for at, line in enumerate(lines, 1)))

    return change


def _classified(text: str) -> str:
    wall = _line(text, "IfcWall").split("=")[0]
    return with_lines(
        text,
        f"#900000=IFCRELASSOCIATESCLASSIFICATION('1CWjnzA4z1xwaHmnI5jPPo',$,$,$,({wall}),#900001);",
        "#900001=IFCCLASSIFICATIONREFERENCE($,'21-02','Walls',#900002,$,$);",
        "#900002=IFCCLASSIFICATION($,$,$,'OmniClass',$,$,$);",
    )


@pytest.mark.parametrize(
    ("change", "ifc_class", "attribute", "before", "after"),
    [
        (_in_first("IfcDoor", ",2.1,0.95", ",2.2,0.95"), "IfcDoor", "OverallHeight_m", "2.1", "2.2"),
        (_in_first("IfcWall", "\\X0\\',$,$,", "\\X0\\','plastered',$,"), "IfcWall", "Description", None, "plastered"),
        (_in_first("IfcStairFlight", ",18,17,", ",19,17,"), "IfcStairFlight", "NumberOfRisers", "18", "19"),
        (_in_first("IfcStairFlight", ",0.26,", ",0.28,"), "IfcStairFlight", "TreadLength_m", "0.26", "0.28"),
        (_in_first("IfcBuildingStorey", "$,.ELEMENT.", "'S',.ELEMENT."), "IfcBuildingStorey", "LongName", None, "S"),
        (_in_first("IfcSite", ".ELEMENT.,$,$,$,$", ".ELEMENT.,$,$,$,'042'"), "IfcSite", "LandTitleNumber", None, "042"),
        (_in_first("IfcSite", ".ELEMENT.,$,$,$", ".ELEMENT.,$,$,3.5"), "IfcSite", "RefElevation_m", None, "3.5"),
        (_in_first("IfcBuilding", "\\X2\\6E2C8A6668DF\\X0\\", "Block T"), "IfcBuilding", "name", "測試棟", "Block T"),
        (_made_of("IFCMATERIAL('brick',$,$)"), "IfcWall", "material", None, "brick"),
        (
            _made_of(
                "IFCMATERIALLAYERSETUSAGE(#900002,.AXIS2.,.POSITIVE.,0.,$)",
                "IFCMATERIALLAYERSET((#900003,#900004),'W1',$)",
                "IFCMATERIALLAYER(#900005,0.24,$,$,$,$,$)",
                "IFCMATERIALLAYER($,0.015,$,$,$,$,$)",
                "IFCMATERIAL('concrete',$,$)",
            ),
            "IfcWall", "material", None, "concrete 240.0 mm | — 15.0 mm",
        ),
        (
            _made_of(
                "IFCMATERIALCONSTITUENTSET('W',$,(#900002))",
                "IFCMATERIALCONSTITUENT($,$,#900003,$,$)",
                "IFCMATERIAL('glass',$,$)",
            ),
            "IfcWall", "material", None, "glass",
        ),
        (
            _made_of("IFCMATERIALLIST((#900002,#900003))", "IFCMATERIAL('steel',$,$)", "IFCMATERIAL('wood',$,$)"),
            "IfcWall", "material", None, "steel | wood",
        ),
        (_classified, "IfcWall", "classification", None, "OmniClass 21-02 Walls"),
    ],
)  # fmt: skip
def test_whatever_a_file_says_of_a_thing_is_compared(
    block: BuildingModel,
    revise: Revise,
    change: Callable[[str], str],
    ifc_class: str,
    attribute: str,
    before: str | None,
    after: str | None,
) -> None:
    changes = diff(block, revise(change))
    told = changes.select("change", "ifc_class", "attribute", "before", "after").rows()
    assert ("changed", ifc_class, attribute, before, after) in told
    assert changes["entity_id"].n_unique() == 1


def test_a_storey_under_another_name_is_one_change(block: BuildingModel, revise: Revise) -> None:
    """What stands on it has not gone elsewhere."""
    changes = diff(block, revise(_in_first("IfcBuildingStorey", "'B2F'", "'Lower cellar'")))
    assert changes.select("ifc_class", "attribute", "before", "after").rows() == [
        ("IfcBuildingStorey", "name", "B2F", "Lower cellar")
    ]


def _all_of_one_name(model: BuildingModel) -> BuildingModel:
    """As in a file of two buildings, whose storeys have the same names."""
    tables = {**model.tables, "storeys": model.storeys.with_columns(name=pl.lit("F"))}
    return dataclasses.replace(model, tables=Tables(tables.__getitem__))


def test_a_door_on_another_storey_is_told(block: BuildingModel, revise: Revise) -> None:
    def elsewhere(text: str) -> str:
        door = _line(text, "IfcDoor").split("=")[0]
        contained = re.findall(r"^#\d+=IFCRELCONTAINEDINSPATIALSTRUCTURE\(.*$", text, re.MULTILINE)
        here = next(line for line in contained if f"{door}," in line or f"{door})" in line)
        storeys = [f",{step});" for step in steps(text, "IFCBUILDINGSTOREY")]
        there = next(line for line in contained if line != here and line.endswith(tuple(storeys)))
        left = re.sub(rf"{door},|,{door}(?=\))", "", here)
        return text.replace(here, left).replace(there, there.replace("(#", f"({door},#", 1))

    moved = revise(elsewhere)
    (row,) = diff(block, moved).to_dicts()
    assert (row["change"], row["ifc_class"], row["attribute"]) == ("changed", "IfcDoor", "storey")
    assert diff(_all_of_one_name(block), _all_of_one_name(moved)).rows(named=True) == [
        row | {"before": "F", "after": "F"}
    ]


def test_a_removed_meter_is_removed_and_comes_back_added(block: BuildingModel, revise: Revise) -> None:
    gone = ""

    def without(text: str) -> str:
        nonlocal gone
        gone = _line(text, "IfcFlowMeter")
        step = gone.split("=")[0]
        text = text.replace(f"({step},", "(").replace(f",{step})", ")").replace(f",{step},", ",")
        return text.replace(gone + "\n", "")

    new = revise(without)
    there, back = diff(block, new), diff(new, block)
    assert there.filter(pl.col("change") == "removed")["previous_id"].to_list() == [_id(gone)]
    assert back.filter(pl.col("change") == "added")["entity_id"].to_list() == [_id(gone)]


def test_a_new_name_is_one_changed_attribute(block: BuildingModel, revise: Revise) -> None:
    new = revise(lambda text: text.replace("'\\X2\\8B8A58D35668\\X0\\'", "'T1'", 1))
    (row,) = diff(block, new).to_dicts()
    assert (row["change"], row["attribute"], row["before"], row["after"]) == ("changed", "name", "變壓器", "T1")


def test_a_door_that_is_stated_wider_differs_in_its_width(block: BuildingModel, revise: Revise) -> None:
    """Given the same shape: what the file says of the door counts, not only what is drawn."""
    new = revise(lambda text: text.replace(",2.1,0.95,.DOOR.", ",2.1,1.05,.DOOR.", 1))
    (row,) = diff(block, new).to_dicts()
    assert (row["change"], row["attribute"]) == ("changed", "overall_width_m")
    assert (float(row["before"]), float(row["after"])) == (0.95, 1.05)


def test_a_lift_set_elsewhere_has_moved(block: BuildingModel, revise: Revise) -> None:
    def moved(text: str) -> str:
        lift = _line(text, "IfcTransportElement")
        placement = re.search(r",(#\d+),#\d+,'", lift)
        assert placement is not None
        axes = re.search(rf"^{placement[1]}=IFCLOCALPLACEMENT\(#\d+,(#\d+)\);$", text, re.MULTILINE)
        assert axes is not None
        point = re.search(rf"^{axes[1]}=IFCAXIS2PLACEMENT3D\((#\d+),", text, re.MULTILINE)
        assert point is not None
        return re.sub(rf"^({point[1]}=IFCCARTESIANPOINT\(\()[-0-9.]+", r"\g<1>2.5", text, flags=re.MULTILINE)

    changes = diff(block, revise(moved))
    assert set(changes["change"]) == {"moved"}
    lift = changes.filter(pl.col("ifc_class") == "IfcTransportElement").row(0, named=True)
    assert lift["after"].startswith("2.5 ")


def test_a_serial_exchanged_is_seen_at_the_device_and_its_property(block: BuildingModel, revise: Revise) -> None:
    serial = block.devices.drop_nulls("serial")["serial"][0]
    changes = diff(block, revise(lambda text: text.replace(serial, "E0123456789")))
    assert changes.select("change", "attribute", "before", "after").rows() == [
        ("changed", "Pset_ManufacturerOccurrence.SerialNumber", serial, "E0123456789"),
        ("changed", "serial", serial, "E0123456789"),
    ]


def test_new_global_ids_are_the_same_things_re_identified(block: BuildingModel, tmp_path: Path, worker: Worker) -> None:
    path = tmp_path / "again.ifc"
    author_building(dataclasses.replace(SPEC, building_name="另一棟"), path)
    changes = diff(block, load(path, worker=worker))
    meters = changes.filter(pl.col("ifc_class") == "IfcFlowMeter")
    assert meters.filter(pl.col("change").is_in(["added", "removed"])).is_empty()
    assert meters.filter(pl.col("change") == "re-identified").height == 3 * (SPEC.dwellings + 1)
    assert successors(changes).keys() >= set(block.devices.filter(pl.col("kind") == "water_meter")["device_id"])
    dwellings = changes.filter(pl.col("ifc_class") == "IfcZone")
    assert set(dwellings["change"]) == {"re-identified"}
