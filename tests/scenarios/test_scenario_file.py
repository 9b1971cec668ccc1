"""Scenario files: what is meant, and what is refused with the file, the key and the reason."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from events.errors import NaiveTimeError, UsageError
from replay.interventions import Battery, RooftopPv, as_tables, read_interventions
from replay.scenario import read_scenario, resolve, scenario_of

SAMPLES = sorted((Path(__file__).parents[2] / "docs" / "scenarios").glob("*.toml"))
LATEST = datetime(2026, 11, 22, 9, 52, 33, tzinfo=UTC)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.name)
def test_every_sample_reads(path: Path) -> None:
    scenario = read_scenario(path)
    assert resolve(scenario, LATEST).start < resolve(scenario, LATEST).end


def test_the_sample_is_the_rooftop_of_dongming() -> None:
    scenario = read_scenario(next(p for p in SAMPLES if p.stem == "rooftop-pv-battery"))
    assert scenario.community_id == "84e67c87923337da"
    assert [type(i) for i in scenario.interventions] == [RooftopPv, Battery]


def test_latest_is_the_last_quarter_hour_and_the_window_counts_from_it() -> None:
    times = resolve(scenario_of({"title": "t", "community": "c", "window": {"start": "-36h", "end": "-15min"}}), LATEST)
    assert times.at == datetime(2026, 11, 22, 9, 45, tzinfo=UTC)
    assert times.start == datetime(2026, 11, 20, 21, 45, tzinfo=UTC)
    assert times.end == datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "told", ["-9999999d", "+9999999d", "9999-12-31T23:59:59-08:00", "0001-01-01T00:00:00+08:00", "-" + "9" * 6000 + "d"]
)
@pytest.mark.parametrize("where", ["base.at", "window.start", "window.end"])
def test_an_instant_outside_of_the_calendar_is_refused_with_its_key(where: str, told: str) -> None:
    table, key = where.split(".")
    scenario = scenario_of({"title": "t", "community": "c", table: {key: told}})
    with pytest.raises(UsageError, match=rf"{where}.*lies outside of the years 1000 to 8999"):
        resolve(scenario, LATEST)


def test_times_of_taipei_are_taken_to_utc() -> None:
    scenario = scenario_of({"title": "t", "community": "c", "base": {"at": "2026-11-22T08:00:00+08:00"}})
    assert resolve(scenario, None).at == datetime(2026, 11, 22, tzinfo=UTC)


def test_a_time_of_toml_will_do_and_one_without_a_zone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text('title = "t"\ncommunity = "c"\n[base]\nat = 2026-11-22T08:00:00+08:00\n', "utf-8")
    assert resolve(read_scenario(path), None).at == datetime(2026, 11, 22, tzinfo=UTC)
    path.write_text('title = "t"\ncommunity = "c"\n[base]\nat = 2026-11-22T08:00:00\n', "utf-8")
    with pytest.raises(NaiveTimeError, match=r"s\.toml: base\.at: .*has no zone"):
        resolve(read_scenario(path), None)


HEAD = 'title = "t"\ncommunity = "c"\n'
PV = '[[intervention]]\ntype = "rooftop_pv"\n'
BATTERY = '[[intervention]]\ntype = "battery"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = ", "s.toml: no scenario can be read"),
        ('community = "c"', "s.toml: .*title"),
        (HEAD + "kwp = 3", "s.toml: .*kwp"),
        (HEAD + '[base]\nat = "latest"\nknwon = 3', "s.toml: .*knwon"),
        (HEAD + PV, "s.toml, intervention 1: .*kwp"),
        (
            HEAD + PV + "kwp = 0.0",
            "intervention 1: kwp = 0 is out of range: give kW, above 0",
        ),
        (HEAD + PV + "kwp = nan", "kwp = nan is out of range"),
        (HEAD + PV + "kwp = 1e9", "kwp = 1e.09 is out of range"),
        (
            HEAD + PV + "kwp = 5\ntilt = 91.0",
            "tilt = 91 is out of range.*degrees from the horizontal",
        ),
        (HEAD + PV + "kwp = 5\nazimuth = -1.0", "azimuth = -1 is out of range"),
        (HEAD + PV + "kwp = 5\ntlit = 5", "intervention 1: .*tlit"),
        (HEAD + PV + 'kwp = "5"', "intervention 1: .*kwp"),
        (
            HEAD + BATTERY + "kwh = 5.0\nkw = 5.0\ndispatch = 'magic'",
            "intervention 1: .*magic",
        ),
        (HEAD + 2 * (BATTERY + "kwh = 5.0\nkw = 5.0\n"), "more than one battery"),
        (HEAD + '[[intervention]]\ntype = "windmill"', "intervention 1: .*windmill"),
    ],
)
def test_a_file_that_is_off_is_refused_with_its_name_and_the_key(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=message):
        read_scenario(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no scenario can be read"):
        read_scenario(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ({"start": "0d", "end": "-1d"}, "must be longer than nothing"),
        ({"start": "-400d"}, "at most 366 days"),
        ({"start": "yesterday"}, "window.start: 'yesterday' is no RFC 3339 time"),
    ],
)
def test_a_window_that_is_off_is_refused(window: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        resolve(scenario_of({"title": "t", "community": "c", "window": window}), LATEST)


def test_interventions_survive_their_stored_form() -> None:
    interventions = (RooftopPv(kwp=5.0), Battery(kwh=10.0, kw=5.0, dispatch="peak_shave"))
    assert read_interventions(as_tables(interventions), "event") == interventions
