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
from tests.bim.conftest import SPEC

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
