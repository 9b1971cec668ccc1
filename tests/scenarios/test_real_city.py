"""A scenario on a city on disk: the log, the lake and the register as they are in use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from events.errors import UsageError
from events.ids import SourceId
from events.ingest import Ingester
from replay.city import City
from replay.run import run, run_file
from replay.scenario import scenario_of
from tests.aggregates.models import home_meters, housing
from tests.aggregates.samples import SITE
from tests.scenarios.fake_city import DONGMING, MONDAY, drawn_kwh, metered
from twin.place import CityFile, Place, init
from twin.points import devices_of
from twin.service import Service

LATER = MONDAY + timedelta(days=5)
QUESTION = {
    "title": "試算",
    "community": DONGMING,
    "window": {"start": "-2d"},
    "intervention": [{"type": "rooftop_pv", "kwp": 10.0}],
}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """東明 with one published building of 12 homes and two days of readings."""
    city = init(tmp_path / "city", CityFile(synthetic=True))
    rows = home_meters("a", 12)
    points = [d.point_ids[0] for d in devices_of(rows) if d.kind == "electricity_meter"]
    with city.log() as log:
        service = Service(log, city.archive, _later)
        service.register_communities([SITE], time=MONDAY - timedelta(days=30))
        service.publish_model(housing("a", rows), DONGMING, "a", MONDAY - timedelta(days=30))
        ingester = Ingester(log, clock=_later)
        ingester.append_frames(SourceId("demo:meters"), {"readings": _decoded(metered(points, days=2))})
    yield city


def test_the_load_read_from_the_lake_is_what_the_meters_drew(place: Place) -> None:
    with City.open(place.directory) as city:
        result = run(scenario_of(QUESTION), city)
    assert result.baseline["load_kwh"].to_numpy() == pytest.approx(13 * drawn_kwh(192))
    assert result.quality["synthetic"] is True


def test_a_run_keeps_the_history_as_it_was_and_gives_the_same_digest_again(place: Place) -> None:
    """Given a city, when a scenario is run twice and kept, then only its own stream has grown, by two events."""
    sample = Path(__file__).parents[2] / "docs" / "scenarios" / "rooftop-pv-battery.toml"
    with City.open(place.directory) as city, place.log() as log:
        before, readings = city.head, city.cut().frame("readings")
        service = Service(log, place.archive, _later)
        first = run_file(city, sample, service=service)
        city.refresh()
        again = run_file(city, sample, service=service)
        assert first.digest == again.digest
        assert [e.tag for e in log.read(before)] == ["scenario.defined.v1", "scenario.run_completed.v1"]
        assert city.refresh() == before + 2
        assert city.cut().frame("readings").equals(readings)
        assert city.cut().scenarios()["digest"].to_list() == [first.digest]


def test_a_correction_that_comes_later_changes_the_best_answer_and_not_the_pinned_one(place: Place) -> None:
    pinned = scenario_of(QUESTION | {"base": {"at": "2026-11-18T00:00:00Z", "known": _head(place)}})
    best = scenario_of(QUESTION | {"base": {"at": "2026-11-18T00:00:00Z"}})
    with City.open(place.directory) as city:
        before = [run(s, city).digest for s in (pinned, best)]
    with place.log() as log:
        corrected = _decoded(metered(["urn:dev:ser:E-a-1:1-0:1.8.0"], days=2)).filter(pl.col("time") == MONDAY)
        Ingester(log, clock=_later).append_frames(
            SourceId("demo:corrections"), {"readings": corrected.with_columns(value=pl.lit(-5.0))}
        )
    with City.open(place.directory) as city:
        after = [run(s, city).digest for s in (pinned, best)]
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_a_position_that_the_log_has_not_reached_is_refused(place: Place) -> None:
    with (
        City.open(place.directory) as city,
        pytest.raises(UsageError, match=r"base\.known is 999, but the log ends at"),
    ):
        run(scenario_of(QUESTION | {"base": {"known": 999}}), city)


def _later() -> datetime:
    return LATER


def _decoded(readings: pl.DataFrame) -> pl.DataFrame:
    """Readings as a decoder gives them."""
    return readings.drop("position").with_columns(record=pl.lit(0, pl.UInt32))


def _head(place: Place) -> int:
    with place.log() as log:
        return log.head()
