"""The analyst's notebook runs from end to end on a small city, and carries no output of anybody's."""

from __future__ import annotations

import os
from pathlib import Path
from unittest.mock import patch

import nbformat
import pytest
from nbclient import NotebookClient

from tests.house.checkout import CHECKOUT
from tests.replay.test_incidents import reading, station, told
from twin.place import Place, init

NOTEBOOK = CHECKOUT / "examples" / "analyst.ipynb"


def analysis() -> nbformat.NotebookNode:
    """The notebook as it is kept."""
    kept: nbformat.NotebookNode = nbformat.reads(NOTEBOOK.read_text("utf-8"), 4)  # type: ignore[no-untyped-call]
    return kept


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A day of two stations, one of them empty for an hour, and of two meters."""
    made = init(tmp_path / "city")
    steps = range(0, 1440, 5)
    bikes = {m: int(not 300 <= m < 360) for m in steps}
    told(made, "docks", [station(m, bikes[m] if s == "s1" else 2, name=s) for s in ("s1", "s2") for m in steps])
    told(made, "readings", [reading(m, m / 60, p) for p in ("m1", "m2") for m in range(0, 1440, 15)])
    return made


def test_the_notebook_runs_and_shows_what_it_says(place: Place) -> None:
    notebook = analysis()
    with patch.dict(os.environ, {"TWIN_CITY": str(place.directory), "PYTHONPATH": str(CHECKOUT)}):
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(CHECKOUT)}}).execute()
    said = "".join(str(cell.get("outputs", "")) for cell in notebook.cells)
    assert "station s1 has had no bike for 30 minutes" in said
    assert "vega" in said, "the series is drawn"
    assert "(1, 't', 2, True)" in said, "a number's origin"


def test_the_notebook_is_kept_without_outputs() -> None:
    notebook = analysis()
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) > 5
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
