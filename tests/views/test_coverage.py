"""The coverage report as tables and as a document to forward: nothing of it is lost on the way."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from bim.load import load, summary
from twin.models import coverage_of
from views import coverage


@pytest.fixture(scope="module")
def report(shared_data: Path) -> dict[str, object]:
    """The Duplex's report: all drawn, no quantities, some members without properties."""
    return coverage_of(load(shared_data / "ifc" / "Duplex_A_20110907_georeferenced.ifc"))


def test_each_class_has_a_row_with_what_was_got_of_it(report: dict[str, object]) -> None:
    rows = coverage.by_class(report)

    member = rows.filter(ifc_class="IfcMember").row(0, named=True)
    assert (member["wanted"], member["geometry"], member["properties"], member["quantities"]) == (4, 4, 0, 0)
    assert rows["ifc_class"].n_unique() == rows.height
    assert coverage.share(report, "geometry") == 1.0
    assert 0 < (coverage.share(report, "quantities") or 0) < 0.2


def test_the_document_names_facts_checks_classes_and_what_is_missing(report: dict[str, object]) -> None:
    checks = pl.DataFrame(
        [("門 Door", "OverallWidth", 14, 13, 1)],
        schema=["specification", "requirement", "applicable", "passed", "failed"],
        orient="row",
    )

    text = coverage.document("Duplex", {"CRS": "EPSG:26916 | NAD83"}, report, checks)

    assert "# Duplex" in text
    assert "EPSG:26916 \\| NAD83" in text
    assert "| 門 Door | OverallWidth | 14 | 13 | 1 |" in text
    assert "IfcMember 屬性 properties 0/4: 1gtrSK5QnDuxDwygd0EDGO" in text
    assert all(f"| {ifc_class} |" in text for ifc_class in coverage.by_class(report)["ifc_class"])


def test_what_a_load_tells_is_a_document_with_its_counts_and_its_doubts(shared_data: Path, tmp_path: Path) -> None:
    """Given a file with a null GlobalId and a reference to nothing, then its designer reads of both."""
    text = (shared_data / "ifc" / "SimpleWall.ifc").read_text()
    wall = re.search(r"IFCWALLSTANDARDCASE\('[^']*'", text)
    assert wall is not None
    odd = tmp_path / "odd.ifc"
    odd.write_text(
        text.replace(wall[0], "IFCWALLSTANDARDCASE($", 1).replace("DATA;\n", "DATA;\n#9001=IFCPOLYLINE((#9002));\n", 1)
    )
    model = load(odd)

    told = coverage.of_load(summary(model, 0.1))

    assert f"| 元件 Elements | {model.elements.height} |" in told
    assert "Without GlobalId (substituted): 1" in told
    assert "Dangling references: 1" in told


def test_a_refused_file_says_why() -> None:
    told = coverage.of_load(
        {"file": "a.ifc", "status": "refused", "reason": "a.ifc: the file is empty; export it again"}
    )
    assert "export it again" in told
