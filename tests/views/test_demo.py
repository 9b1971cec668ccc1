"""The demo city: real facts, synthetic observations that say so, built whole or not at all."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest

from replay.city import City
from tests.views.conftest import END, wait_for
from twin.sites import read_sites
from views import demo
from views.demo.meters import registers
from views.demo.places import lines, stations
from views.demo.progress import progress
from views.demo.size import SMALL, Size, window_before
from views.demo.traffic import docks, positions
from views.demo.week import Week, slices

WINDOW = window_before(END, 1)
SITES = read_sites(demo.SITES)


def _meters(count: int) -> pl.DataFrame:
    """Electricity meters of homes of one building."""
    return pl.DataFrame(
        {
            "point_id": [f"urn:dev:ser:E{n}:1-0:1.8.0" for n in range(count)],
            "medium": ["electricity"] * count,
            "unit": ["kWh"] * count,
            "building_id": ["b"] * count,
            "dwelling_id": [f"d{n}" for n in range(count)],
            "storey_id": [f"s{n // 4}" for n in range(count)],
        }
    )


def test_the_sites_are_the_published_facts(shared_data: Path) -> None:
    published = {s.community_id: s for s in read_sites(shared_data / "housing" / "taipei_social_housing_sites.tsv")}
    ours = {s.community_id: s for s in SITES}
    assert ours.keys() == published.keys()
    for key, site in ours.items():
        there = published[key]
        assert (site.name, site.district, site.address, site.households, site.residents, site.floors, site.status) == (
            there.name, there.district, there.address, there.households, there.residents, there.floors, there.status,
        )  # fmt: skip
        assert (site.longitude, site.latitude) == (there.longitude, there.latitude)
        assert site.name_en


def test_a_register_never_runs_backwards() -> None:
    made = registers(_meters(80), "electricity", WINDOW)
    rows = made.between(WINDOW.start, WINDOW.end).sort("point_id", "time")
    steps = rows.select(pl.col("value").diff().over("point_id"))["value"].drop_nulls()
    assert rows.height > 80 * 90
    assert (steps >= 0).all()


def test_one_more_meter_changes_no_other() -> None:
    few = registers(_meters(8), "electricity", WINDOW).between(WINDOW.start, WINDOW.end)
    more = registers(_meters(9), "electricity", WINDOW).between(WINDOW.start, WINDOW.end)
    of_last_storey = few["point_id"].unique().to_list()[:4]
    same = pl.col("point_id").is_in(of_last_storey) & (pl.col("quality") == 0)
    assert few.filter(same).equals(more.filter(same)) or few.height < more.height


def test_bikes_and_docks_never_exceed_the_station() -> None:
    rows = docks(stations(SITES, 30), WINDOW)
    assert rows.height == 30 * 144
    assert (rows["num_vehicles_available"] >= 0).all()
    assert (rows["num_docks_available"] >= 0).all()
    counted = pl.sum_horizontal("num_vehicles_available", "num_docks_available", "num_vehicles_disabled")
    assert rows.select(counted.eq(pl.col("capacity"))).to_series().all()


def test_buses_stay_near_the_city() -> None:
    rows = positions(lines(SITES, 6), 6, WINDOW)
    assert rows["longitude"].is_between(121.4, 121.7).all()
    assert rows["latitude"].is_between(24.9, 25.2).all()
    assert rows["bearing"].is_between(0, 360).all()


def test_slices_hold_every_row_once() -> None:
    week = Week.of(_meters(5), stations(SITES, 3), lines(SITES, 2), 2, WINDOW)
    parts = list(slices(week))
    assert sum(p[1].height for p in parts) == sum(r.between(WINDOW.start, WINDOW.end).height for r in week.registers)
    assert sum(p[2].height for p in parts) == week.docks.height
    assert sum(p[3].height for p in parts) == week.positions.height


def test_the_city_tells_what_is_synthetic(small_city: Path) -> None:
    with City.open(small_city) as city:
        assert city.file.synthetic
        assert set(city.file.synthetic_sources) == set(city.ledger.sources)
        assert city.span() == (END - timedelta(days=SMALL.days), END)
        names = city.cut().frame("stations")["name"]
        assert names.str.starts_with("示範站").all()


def test_every_reading_belongs_to_a_device_of_a_published_model(small_city: Path) -> None:
    with City.open(small_city) as city:
        cut = city.cut()
        assert cut.communities().height == 79
        points = cut.devices()["point_id"].drop_nulls()
        assert set(cut.frame("readings")["point_id"]) == set(points)


def test_a_build_that_is_cut_short_leaves_no_city(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(step: str, share: float) -> None:
        if share > 0.01:
            raise StoppedError

    tiny = Size(buildings=0, stations=1, vehicles=1, days=1)
    with pytest.raises(StoppedError):
        demo.build(tmp_path / "city", stop, end=END, size=tiny)
    assert not demo.is_built(tmp_path / "city")
    demo.build(tmp_path / "city", lambda step, share: None, end=END, size=tiny)
    assert demo.is_built(tmp_path / "city")


def test_the_window_ends_on_the_last_full_hour() -> None:
    window = window_before(datetime(2026, 11, 20, 13, 59, 59, tzinfo=UTC), 7)
    assert window.end == END
    assert window.end - window.start == timedelta(days=7)


def test_twin_ui_answers_on_loopback_and_ends_with_a_signal(small_city: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["ui", "--city", str(small_city), "--port", str(port), "--no-browser"]
    with subprocess.Popen([sys.executable, "-m", "views.cli", *words], stderr=subprocess.DEVNULL) as ui:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", ui)
        ui.terminate()
        assert ui.wait(20) == 0


def test_no_file_of_the_city_names_a_folder_of_the_machine_that_built_it(small_city: Path) -> None:
    """Given the models' reports, then each names its file, and nothing that begins with the machine's root."""
    reports = sorted((small_city / "archive").rglob("report.json"))
    assert reports
    for report in reports:
        told = msgspec.json.decode(report.read_bytes())
        assert told["file"].endswith(".ifc") and "/" not in told["file"]
        assert tempfile.gettempdir().encode() not in report.read_bytes()


def test_progress_without_a_terminal_is_a_line_a_step(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as report:
        report("Sites", 0.0)
        report("Models", 0.25)
    assert capsys.readouterr().err == "  0%  Sites\n 25%  Models\n"
