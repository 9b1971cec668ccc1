"""The asset register of real and authored models, and of those that ifcfm alone would not finish."""

from __future__ import annotations

import csv
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest

from bim.cobie import write_cobie
from bim.errors import ArchiveUnavailableError, BudgetError, TruncatedIfcError, UnreadableFileError
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
    components = {row["ExternalIdentifier"]: row for row in _rows(tmp_path / "register", "Component")}
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
    assert register.partial > 100
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
