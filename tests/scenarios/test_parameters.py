"""Parameters: each has a unit, a source and a day from which it holds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from events.errors import UsageError
from replay import parameters

P = parameters.load()


@pytest.mark.parametrize(
    ("year", "factor"), [(2010, 0.554), (2017, 0.554), (2020, 0.502), (2023, 0.494), (2026, 0.459)]
)
def test_the_grids_factor_is_that_of_the_year(year: int, factor: float) -> None:
    assert P.value("grid_emission_factor", datetime(year, 7, 1, tzinfo=UTC)) == factor


def test_a_year_begins_at_midnight_of_taipei() -> None:
    assert P.value("grid_emission_factor", datetime(2022, 12, 31, 16, 0, tzinfo=UTC)) == 0.494
    assert P.value("grid_emission_factor", datetime(2022, 12, 31, 15, 59, tzinfo=UTC)) == 0.495


def test_the_citys_array_saves_2774_kg_of_2023() -> None:
    assert 5616 * P.value("grid_emission_factor", datetime(2023, 6, 1, tzinfo=UTC)) == pytest.approx(2774, abs=0.5)


@pytest.mark.parametrize("parameter", P.parameters, ids=lambda p: f"{p.name}-{p.valid_from.year}")
def test_every_parameter_has_a_unit_and_a_source(parameter: parameters.Parameter) -> None:
    assert parameter.unit
    assert len(parameter.source) > 10


def test_the_digest_is_of_the_content_not_of_the_files_layout(tmp_path: Path) -> None:
    text = (parameters.FOLDER / f"{P.version}.toml").read_text("utf-8")
    (tmp_path / "2026-11.toml").write_text("# another comment\n" + text, "utf-8")
    assert parameters.load("2026-11", tmp_path).digest == P.digest
    (tmp_path / "2026-11.toml").write_text(text.replace("0.494", "0.495"), "utf-8")
    assert parameters.load("2026-11", tmp_path).digest != P.digest


def test_a_parameter_asked_for_in_the_wrong_way_is_refused() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for ask, message in (
        (lambda: P.value("tariff", now), "has no tariff"),
        (lambda: P.value("sunshine_duration", now), "has monthly values"),
        (lambda: P.monthly("pv_system_losses", now), "no twelve monthly values"),
    ):
        with pytest.raises(UsageError, match=message):
            ask()


def test_a_set_that_is_off_is_refused_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('version = "x"\n[[parameter]]\nname = "a"\n', "utf-8")
    with pytest.raises(UsageError, match=r"x\.toml: "):
        parameters.load("x", tmp_path)
