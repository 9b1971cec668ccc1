"""The asset register of real, authored and odd models, and the checks that a handover makes of it."""

from __future__ import annotations

import csv
import re
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from bim.errors import ArchiveUnavailableError, BudgetError, TruncatedIfcError, UnreadableFileError
from bim.give.cobie.check import findings
from bim.give.cobie.export import Register, read_register, write_cobie
from bim.give.cobie.template import SHEETS, Sheets, fits
from bim.model import BuildingModel
from tests.bim.surgery import without


def _rows(out: Path, sheet: str) -> list[dict[str, str]]:
    with (out / f"{sheet}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_real_models_workbook_has_its_floors_spaces_and_components(shared_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "duplex.xlsx"
    register = write_cobie(shared_data / "ifc" / "Duplex_A_20110907_georeferenced.ifc", out)
    book = openpyxl.load_workbook(out)
    assert list(book.sheetnames) == list(register.rows)
    assert {name: book[name].max_row - 1 for name in register.rows} == register.rows
    assert (register.rows["Floor"], register.rows["Space"], register.partial) == (4, 21, 0)
    assert register.rows["Component"] > 90


def test_an_authored_model_lists_every_meter_with_its_serial(
    authored: Path, block: BuildingModel, tmp_path: Path
) -> None:
    register = write_cobie(authored, tmp_path / "register")
    components = {row["ExtIdentifier"]: row for row in _rows(tmp_path / "register", "Component")}
    meters = block.devices.drop_nulls("serial")
    assert meters.height > 180
    for key, serial in meters.select("device_id", "serial").iter_rows():
        assert components[key]["SerialNumber"] == serial
    assert register.rows["Component"] == len(components)
    assert register.rows["Zone"] >= block.dwellings.height


def test_what_stands_nowhere_and_twins_by_name_are_listed_and_counted(authored: Path, tmp_path: Path) -> None:
    """Given meters in no space or storey, all called the same, then none is lost, and the answer says so."""
    path = tmp_path / "nowhere.ifc"
    text = without(authored.read_text(), "IFCRELCONTAINEDINSPATIALSTRUCTURE")
    path.write_text(text)
    whole = write_cobie(authored, tmp_path / "whole.ods")
    register = write_cobie(path, tmp_path / "nowhere")
    assert register.rows["Component"] == whole.rows["Component"]
    assert {row["Space"] for row in _rows(tmp_path / "nowhere", "Component")} >= {"n/a"}
    assert all(row["Name"] for row in _rows(tmp_path / "nowhere", "Component"))


def test_a_bad_file_or_place_is_refused_in_words(authored: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.ifc"
    cut.write_bytes(authored.read_bytes()[:5_000])
    with pytest.raises(TruncatedIfcError, match="END-ISO-10303-21 is missing"):
        write_cobie(cut, tmp_path / "register.xlsx")
    with pytest.raises(UnreadableFileError, match="no such file"):
        write_cobie(tmp_path / "absent.ifc", tmp_path / "register.xlsx")
    with pytest.raises(ArchiveUnavailableError, match=r"FILE\.xlsx"):
        write_cobie(authored, tmp_path / "register.pdf")
    with pytest.raises(BudgetError, match=r"not done within 0\.01 s"):
        write_cobie(authored, tmp_path / "register.xlsx", budget_s=0.01)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ArchiveUnavailableError, match="cannot be written"):
        write_cobie(authored, tmp_path / "file" / "register.xlsx")


@pytest.mark.parametrize("text", ["=1+1", "@a", "+1", "-1+1", "#N/A"])
def test_a_name_that_looks_like_a_formula_is_text_in_every_sheet(authored: Path, tmp_path: Path, text: str) -> None:
    path = tmp_path / "named.ifc"
    whole = authored.read_text()
    storey = re.search(r"(IFCBUILDINGSTOREY\('[^']*',[^,]*,)'[^']*'", whole)
    assert storey is not None
    path.write_text(whole.replace(storey[0], f"{storey[1]}'{text}'", 1))

    write_cobie(path, tmp_path / "register.xlsx")
    write_cobie(path, tmp_path / "sheets")
    write_cobie(path, tmp_path / "register.ods")

    book = openpyxl.load_workbook(tmp_path / "register.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type in ("f", "e")]
    assert any(cell.value == text and cell.data_type == "s" for cell in cells)
    names = [row["Name"] for row in _rows(tmp_path / "sheets", "Floor")]
    assert (f"'{text}" if text[0] in "=+-@" else text) in names
    with zipfile.ZipFile(tmp_path / "register.ods") as packed:
        assert b"table:formula" not in packed.read("content.xml")


def test_all_twenty_sheets_are_there_with_the_templates_columns(authored: Path, tmp_path: Path) -> None:
    write_cobie(authored, tmp_path / "register.xlsx")
    book = openpyxl.load_workbook(tmp_path / "register.xlsx")
    assert len(SHEETS) == 20
    assert book.sheetnames == list(SHEETS)
    assert {name: tuple(cell.value for cell in book[name][1]) for name in SHEETS} == SHEETS
    assert read_register(tmp_path / "register.xlsx") == write_cobie(authored, tmp_path / "again.xlsx").sheets


@pytest.mark.parametrize("name", ["AC20-FZK-Haus", "Ifc4DesignTransfer"])
def test_the_register_of_a_real_file_is_accepted(shared_data: Path, tmp_path: Path, name: str) -> None:
    register = write_cobie(shared_data / "ifc" / f"{name}.ifc", tmp_path / "register")
    assert errors(register.sheets).rows() == []


def test_what_the_duplex_could_tell_is_told(shared_data: Path, tmp_path: Path) -> None:
    """Its windows bound no room in the file: that, and nothing else, is what a handover would send back."""
    register = write_cobie(shared_data / "ifc" / "Duplex_A_20110907_georeferenced.ifc", tmp_path / "register")
    found = errors(register.sheets)
    assert set(found.select("rule", "sheet", "column").rows()) == {("references", "Component", "Space")}
    assert found.height == 10
    assert register.sheets["Facility"][0]["LinearUnits"] == "meters"
    values = {row["Value"] for row in register.sheets["Attribute"]}
    assert {"FALSE", "TRUE"} <= values
    assert any(float(value) == 0 for value in values if fits("Elevation", value) and value != "n/a")


def test_an_authored_models_register_lacks_only_the_room_of_what_stands_in_none(authored: Path, tmp_path: Path) -> None:
    """Windows, strings of photovoltaics on the roof: the file puts them on a storey, and COBie asks for a space."""
    sheets = write_cobie(authored, tmp_path / "register").sheets
    found = errors(sheets)
    assert set(found.select("rule", "sheet", "column").rows()) == {("references", "Component", "Space")}
    nowhere = {row["Name"] for row in sheets["Component"] if row["Space"] == "n/a"}
    assert set(found["row"]) == nowhere
    assert {row["ExtObject"] for row in sheets["Component"] if row["Name"] in nowhere} >= {
        "IfcWindow",
        "IfcSolarDevice",
    }
    assert "IfcFlowMeter" in {row["ExtObject"] for row in sheets["Component"] if row["Space"] != "n/a"}


def field(shared_data: Path, name: str, out: Path) -> Register:
    return write_cobie(shared_data / "field" / "bim" / f"cobie-{name}.ifc", out)


def test_registers_of_the_field_are_right(shared_data: Path, tmp_path: Path) -> None:
    control = field(shared_data, "formula-control", tmp_path / "a.xlsx").sheets
    assert not [value for row in control["Component"] for value in row.values() if "\x07" in value]
    assert len(control["Component"]) == 2

    loose = field(shared_data, "one-loose-storey", tmp_path / "b").sheets
    assert "1F" in {row["Name"] for row in loose["Floor"]}
    assert loose["Space"][0]["FloorName"] == "1F"

    owner = field(shared_data, "owner-email", tmp_path / "c").sheets
    assert [row["Email"] for row in owner["Contact"]] == ["bim@example.org"]
    assert {row["CreatedBy"] for sheet in ("Floor", "Space") for row in owner[sheet]} == {"bim@example.org"}
    assert {row["CreatedOn"] for row in owner["Floor"]} == {"2026-01-01T00:00:00"}

    two = field(shared_data, "two-buildings", tmp_path / "d")
    assert two.repeated_names == 2
    assert len({row["Name"] for row in two.sheets["Space"]}) == 2
    told = errors(two.sheets).filter(rule="facility")
    assert told["reason_en"].to_list() == ["2 facilities; a register is of one"]


WRONG: dict[str, tuple[str, str, str]] = {
    "keys": ("Floor", "Name", "1F"),
    "references": ("Space", "FloorName", "nowhere"),
    "required": ("Space", "Category", ""),
    "dates": ("Floor", "CreatedOn", "yesterday"),
    "numbers": ("Floor", "Elevation", "high"),
    "words": ("Type", "AssetType", "Lent"),
}


@pytest.mark.parametrize("rule", WRONG)
def test_each_rule_finds_what_it_is_there_for(authored: Path, tmp_path: Path, rule: str) -> None:
    sheets = write_cobie(authored, tmp_path / "register").sheets
    sheet, column, value = WRONG[rule]
    rows = sheets[sheet]
    rows[-1][column] = rows[0]["Name"] if rule == "keys" else value
    found = errors(sheets)
    assert rule in found["rule"].to_list()
    assert (sheet, column) in found.filter(rule=rule).select("sheet", "column").rows()


def test_a_sheet_or_column_that_is_missing_is_told(authored: Path, tmp_path: Path) -> None:
    sheets = write_cobie(authored, tmp_path / "register").sheets
    del sheets["Zone"]
    for row in sheets["Floor"]:
        del row["Height"]
    told = errors(sheets).filter(rule="sheets")
    assert set(told.select("sheet", "column").rows()) == {("Zone", ""), ("Floor", "Height")}


def errors(sheets: Sheets) -> pl.DataFrame:
    return findings(sheets).filter(severity="error")
