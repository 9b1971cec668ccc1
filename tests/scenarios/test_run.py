"""A scenario end to end on a city in memory: what a branch answers, and what it must never do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from events.errors import DomainError, UsageError
from events.log import Log
from replay.result import Result
from replay.run import keep, run, run_file
from replay.scenario import Scenario, scenario_of
from tests.scenarios.fake_city import DONGMING, MONDAY, FakeCity, city, drawn_kwh
from twin.service import Service

PV = {"type": "rooftop_pv", "kwp": 10.0, "tilt": 10.0, "azimuth": 180.0}
BATTERY = {"type": "battery", "kwh": 20.0, "kw": 10.0}

TEXT = f"""
title = "東明：屋頂光電與儲能"
community = "{DONGMING}"
[base]
at = "latest"
[window]
start = "-2d"
[[intervention]]
type = "rooftop_pv"
kwp = 10.0
[[intervention]]
type = "battery"
kwh = 20.0
kw = 10.0
"""


def asked(*interventions: dict[str, Any], **tables: Any) -> Scenario:
    question = {"title": "試算", "community": DONGMING, "window": {"start": "-2d"}, "intervention": interventions}
    return scenario_of(question | tables)


def figure(result: Result, kpi: str) -> tuple[float | None, float | None, float | None]:
    return result.kpis.filter(pl.col("kpi") == kpi).select("baseline", "scenario", "difference").row(0)


def test_the_load_is_that_of_the_homes_and_of_the_common_area() -> None:
    """Given 12 homes and one common meter that all draw the same, then the load is 13 times one of them."""
    result = run(asked(), city(homes=12, days=2))
    assert result.baseline["load_kwh"].to_numpy() == pytest.approx(13 * drawn_kwh(192))
    assert result.baseline["time"][0] == MONDAY
    assert result.quality["measured_share"] == pytest.approx(1.0)
    assert (result.quality["homes"], result.quality["common_meters"], result.quality["silent_meters"]) == (12, 1, 0)


def test_an_empty_branch_equals_its_baseline_bit_for_bit() -> None:
    result = run(asked(), city())
    assert_frame_equal(result.intervals, result.baseline, check_exact=True)
    differences = result.kpis.filter(pl.col("difference").is_not_null())["difference"]
    assert (differences == 0.0).all()


def test_the_same_scenario_gives_the_same_digest_and_another_one_another() -> None:
    first, again, other = (run(asked(PV | {"kwp": kwp}), city()).digest for kwp in (10.0, 10.0, 11.0))
    assert first == again != other


def test_knowledge_after_the_pinned_position_changes_nothing() -> None:
    """Given a base known at 50, when a reading is corrected at 60, then the answer and its digest stay."""
    before = city()
    correction = before.readings.slice(40, 1).with_columns(value=pl.lit(99999.0), position=pl.lit(60, pl.Int64))
    after = replace(before, readings=pl.concat([before.readings, correction]))
    pinned, best = asked(PV, base={"known": 50}), asked(PV)
    assert run(pinned, after).digest == run(pinned, before).digest
    assert run(best, after).digest != run(best, before).digest


def test_later_readings_flow_into_a_branch_made_in_the_past() -> None:
    """Given a base on Monday and a window over Tuesday, then Tuesday's readings count."""
    tuesday = {"start": "2026-11-17T00:00:00Z", "end": "2026-11-18T00:00:00Z"}
    result = run(asked(base={"at": "2026-11-16T00:00:00Z"}, window=tuesday), city(days=2))
    assert result.baseline["load_kwh"].sum() == pytest.approx(13 * drawn_kwh(192)[96:].sum())


def test_an_array_lowers_import_and_emissions_by_the_grids_factor() -> None:
    result = run(asked(PV), city())
    before, after, less = figure(result, "import_kwh")
    assert before is not None and after is not None and less is not None
    assert after < before
    co2 = figure(result, "co2_kg")[2]
    assert co2 == pytest.approx(less * 0.459)
    yearly = figure(result, "yield_kwh_per_kwp")[1]
    assert yearly is not None and 800 <= yearly <= 1000


def test_a_battery_keeps_more_of_the_array_at_home() -> None:
    alone, together = run(asked(PV), city()), run(asked(PV, BATTERY), city())
    shares = [figure(r, "self_consumption")[1] for r in (alone, together)]
    assert shares[0] is not None and shares[1] is not None
    assert shares[0] < shares[1]


def test_peak_shaving_has_the_lower_peak() -> None:
    greedy, shaved = (run(asked(PV, BATTERY | {"dispatch": d}), city()) for d in ("greedy", "peak_shave"))
    peaks = [figure(r, "peak_kw")[1] for r in (greedy, shaved)]
    assert peaks[0] is not None and peaks[1] is not None
    assert peaks[1] < peaks[0]


@settings(max_examples=15)
@given(st.floats(0.1, 100), st.floats(0, 90), st.floats(0, 360), st.floats(0.1, 200), st.floats(0.1, 100))
def test_every_interval_of_any_branch_is_balanced(
    kwp: float, tilt: float, azimuth: float, kwh: float, kw: float
) -> None:
    array = {"type": "rooftop_pv", "kwp": kwp, "tilt": tilt, "azimuth": azimuth}
    result = run(asked(array, {"type": "battery", "kwh": kwh, "kw": kw}), city(days=1))
    frame = result.intervals
    off = frame.select(
        (
            pl.col("import_kwh")
            - pl.col("export_kwh")
            - pl.col("load_kwh")
            + pl.col("pv_kwh")
            - pl.col("charge_kwh")
            + pl.col("discharge_kwh")
        )
        .abs()
        .max()
    ).item()
    assert off < 1e-6


def test_a_gap_is_estimated_and_said() -> None:
    full = city()
    gap = pl.col("time").is_between(MONDAY + timedelta(hours=3), MONDAY + timedelta(hours=9))
    result = run(asked(), replace(full, readings=full.readings.filter(~gap)))
    assert 0.1 < result.quality["estimated_share"] < 0.4
    assert result.baseline["load_kwh"].sum() == pytest.approx(13 * drawn_kwh(192).sum())


def test_registers_in_other_units_of_energy_count_the_same() -> None:
    in_kwh = city()
    in_wh = in_kwh.readings.with_columns(value=pl.col("value") * 1000, unit=pl.lit("Wh"))
    loads = [run(asked(), c).baseline["load_kwh"].to_numpy() for c in (in_kwh, replace(in_kwh, readings=in_wh))]
    assert loads[0] == pytest.approx(loads[1])


def test_fewer_than_ten_homes_are_not_shown_to_planners() -> None:
    assert run(asked(), city(homes=10)).quality["homes"] == 10
    with pytest.raises(DomainError, match=r"has 9 metered homes .* at least 10"):
        run(asked(), city(homes=9))


def test_nor_are_fewer_than_ten_homes_that_have_readings() -> None:
    """Given 12 metered homes of which three are silent, then nine homes' mean is not shown as the community's."""
    full = city(homes=12)
    silent = [f"urn:dev:ser:E-a-{n}:1-0:1.8.0" for n in (1, 2, 3)]
    heard = full.readings.filter(~pl.col("point_id").is_in(silent))
    with pytest.raises(DomainError, match="never 10 have readings at once"):
        run(asked(), replace(full, readings=heard))


@pytest.mark.parametrize(
    ("tables", "error", "message"),
    [
        ({"community": "nowhere"}, DomainError, "no community 'nowhere' as of"),
        ({"base": {"at": "2020-01-01T00:00:00Z"}}, DomainError, r"no community .* choose a later base.at"),
        ({"parameters": "1999"}, UsageError, "no parameter set '1999'; there are 2026-11"),
        (
            {"window": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"}},
            DomainError,
            "of its 12 homes.* never 10 have readings",
        ),
    ],
)
def test_what_the_city_cannot_answer_is_refused_with_the_reason(
    tables: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        run(asked(**tables), city())


def test_a_city_without_observations_has_no_latest() -> None:
    empty = city()
    with pytest.raises(UsageError, match="no observations yet"):
        run(asked(), replace(empty, readings=empty.readings.clear()))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with Log.open(tmp_path / "log.sqlite") as opened:
        yield opened


def test_a_run_writes_only_to_its_scenarios_stream_and_once(log: Log, tmp_path: Path) -> None:
    path = tmp_path / "pv.toml"
    path.write_text(TEXT, "utf-8")
    service = Service(log, tmp_path, lambda: datetime(2026, 11, 22, tzinfo=UTC))
    results = [run_file(city(), path, service=service) for _ in range(2)]
    written = list(log.read())
    assert [e.tag for e in written] == ["scenario.defined.v1", "scenario.run_completed.v1"]
    assert {e.stream for e in written} == {f"scenario-{results[0].scenario_id}"}
    assert service.register().at().scenarios["digest"].to_list() == [results[1].digest]


def test_a_run_without_a_service_writes_nothing(log: Log) -> None:
    run(asked(PV), city())
    assert log.head() == 0


def test_a_new_answer_to_the_same_question_is_kept_beside_the_old_one(log: Log, tmp_path: Path) -> None:
    service = Service(log, tmp_path, lambda: datetime(2026, 11, 22, tzinfo=UTC))
    before: FakeCity = city()
    correction = before.readings.slice(40, 1).with_columns(value=pl.lit(99999.0), position=pl.lit(60, pl.Int64))
    for known in (before, replace(before, readings=pl.concat([before.readings, correction]))):
        keep(run(asked(PV), known), service)
    assert [e.tag.split(".")[1] for e in log.read()] == ["defined", "run_completed", "run_completed"]


def test_the_document_holds_what_other_programs_rely_on() -> None:
    document = msgspec.json.decode(run(asked(PV, BATTERY), city()).to_json())
    assert {"title", "community_id", "base", "window", "kpis", "digest", "parameters", "quality", "provenance"} <= set(
        document
    )
    assert set(document["base"]) == {"at", "known"}
    assert document["base"] == {"at": "2026-11-18T00:00:00Z", "known": 100}
    assert document["window"] == {"start": "2026-11-16T00:00:00Z", "end": "2026-11-18T00:00:00Z"}
    assert all(set(k) == {"kpi", "unit", "baseline", "scenario", "difference"} for k in document["kpis"])
    assert set(document["provenance"]) == {"log_position", "code_version", "inputs_sha256", "parameters"}
    assert document["quality"]["synthetic"] is True
