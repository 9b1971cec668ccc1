"""A declared sensor type lands, goes to quarantine and comes back like any other, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.test_commands import Twin, city, twin

__all__ = ["city", "twin"]

NOISE = """
name = "noise"
format = "csv"
sensor = "id"
time = "at"
[[value]]
path = "laeq"
quantity = "laeq"
unit = "dB"
highest = {highest}
"""


@pytest.fixture
def measured(tmp_path: Path) -> str:
    """Two rows of a declared table, as FORMAT:PATH."""
    (tmp_path / "noise.csv").write_text("id,at,laeq\nn1,2026-08-20 11:00:00,61.5\nn1,2026-08-20 12:00:00,110\n")
    return f"noise:{tmp_path}/noise.csv"


def test_a_declared_sensor_lands_and_a_mended_declaration_takes_what_was_refused(
    twin: Twin, city: Path, measured: str
) -> None:
    twin("init")
    (city / "sensors").mkdir()
    (city / "sensors" / "noise.toml").write_text(NOISE.format(highest=100))
    code, landed, _ = twin("ingest", "--files", measured)
    assert (code, landed["rows"]["readings"], landed["quarantined"]) == (1, 1, 1)
    (city / "sensors" / "noise.toml").write_text(NOISE.format(highest=120))
    code, answer, _ = twin("quarantine", "retry", "--all")
    assert (code, answer["rows"]["readings"]) == (0, 1)


def test_a_directory_of_declarations_is_named_and_a_bad_one_stops_the_command(
    twin: Twin, tmp_path: Path, measured: str
) -> None:
    twin("init")
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "noise.toml").write_text(NOISE.format(highest=120))
    words = ("ingest", "--declarations", tmp_path / "lab", "--files", measured)
    code, landed, _ = twin(*words)
    assert (code, landed["rows"]["readings"]) == (0, 2)
    (tmp_path / "lab" / "noise.toml").write_text(NOISE.format(highest="'loud'"))
    code, _, said = twin(*words)
    assert (code, "value 1: highest is 'loud'; allowed: a number" in said.replace("\n", " ")) == (2, True)
    code, _, said = twin("ingest", "--declarations", tmp_path / "nowhere", "--files", measured)
    assert (code, "no directory" in said) == (2, True)
