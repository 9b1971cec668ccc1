"""Incidents are found again in the log: each kind by its rule, the same for any split of the window."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.errors import NaiveTimeError
from events.ids import SourceId
from events.ingest import Ingester
from events.kafka.records import gap_poll
from events.observations import FAMILIES
from events.quarantine import CLASH, Refusal
from events.source import Poll
from replay.city import City
from replay.incidents import INCIDENTS, incidents, next_incident
from tests.aggregates.models import home_meters, housing
from tests.aggregates.samples import SITE
from tests.events.test_ingest import poll
from twin.place import Place, init
from twin.points import devices_of
from twin.service import Service

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
"""Twelve o'clock in Taipei."""


def minutes(count: float) -> datetime:
    """The instant so many minutes after noon."""
    return NOON + timedelta(minutes=count)


def frame(family: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows of a family; what they do not say is null."""
    schema = FAMILIES[family].decoded
    return pl.DataFrame([{c: row.get(c) for c in schema} | {"record": i} for i, row in enumerate(rows)], schema=schema)


def told(
    place: Place, family: str, rows: list[dict[str, object]], recorded: datetime = NOON, source: str = "t"
) -> None:
    """Land rows in the city."""
    with place.log() as log:
        Ingester(log, clock=lambda: recorded).append_frames(SourceId(source), {family: frame(family, rows)})


def station(at: float, bikes: int, docks: int = 5, name: str = "s1") -> dict[str, object]:
    return {
        "station_id": name, "time": minutes(at), "num_vehicles_available": bikes, "num_docks_available": docks,
    }  # fmt: skip


def reading(at: float, value: float, point: str = "m1", unit: str = "kWh") -> dict[str, object]:
    return {"point_id": point, "unit": unit, "time": minutes(at), "value": value, "quality": 0}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return init(tmp_path / "city")


def found(place: Place, kind: str, low: float = -600, high: float = 600) -> pl.DataFrame:
    with City.open(place.directory) as city:
        return incidents(city, minutes(low), minutes(high)).filter(kind=kind)


def test_a_station_empty_for_more_than_half_an_hour_is_one_incident(place: Place) -> None:
    told(place, "docks", [station(m, int(not 10 <= m < 55)) for m in range(0, 90, 5)])
    (row,) = found(place, "station_empty").to_dicts()
    assert (row["time"], row["since"], row["until"]) == (minutes(40), minutes(10), minutes(55))
    assert (row["entity"], row["severity"], row["positions"]) == ("s1", "info", [2])
    assert row["text_zh"] == "站點 s1 已 30 分鐘無車可借"
    assert found(place, "station_full").is_empty()


def test_half_an_hour_exactly_and_the_night_are_none(place: Place) -> None:
    told(place, "docks", [station(m, int(not 10 <= m < 40), 0) for m in range(0, 60, 5)])
    assert found(place, "station_empty").is_empty()
    night = 12 * 60
    told(place, "docks", [station(night + m, 0) for m in range(0, 300, 5)])
    assert found(place, "station_empty", 0, 2000).is_empty()


def test_a_station_empty_since_the_night_counts_from_seven(place: Place) -> None:
    told(place, "docks", [station(-480 + m, 0) for m in range(0, 400, 5)])
    assert found(place, "station_empty", -600, 0)["time"].to_list() == [minutes(-300 + 30)]


def test_a_silent_station_and_a_silent_meter(place: Place) -> None:
    told(place, "docks", [station(m, 3) for m in (0, 2, 4, 30, 32)])
    told(place, "readings", [reading(m, float(m)) for m in (*range(0, 61, 15), *range(180, 241, 15))])
    stations, meters = found(place, "station_silent"), found(place, "meter_silent")
    assert stations.select("time", "since", "until").rows()[0] == (minutes(14), minutes(4), minutes(30))
    assert meters.select("time", "since", "until").rows() == [(minutes(105), minutes(60), minutes(180))]


def test_many_meters_silent_at_once_are_one_incident(place: Place) -> None:
    steps = {p: range(0, 241 if p > 9 else 31, 15) for p in range(30)}
    rows = [reading(m, float(m), f"m{p}") for p, when in steps.items() for m in when]
    told(place, "readings", rows)
    assert found(place, "meter_silent").is_empty()
    (row,) = found(place, "group_silent").to_dicts()
    assert (row["count"], row["text_en"]) == (10, "readings: many fell silent at once (10/30)")


def test_a_register_that_falls_is_told_with_what_it_read_before(place: Place) -> None:
    """Given a meter of a home that reads 101, nothing usable, 3, then the fall is told once, between its readings."""
    rows = home_meters("a", 1)
    point = next(p for d in devices_of(rows) for p in d.point_ids if d.dwelling_id and ":1-0:" in p)
    with place.log() as log:
        service = Service(log, place.archive, lambda: minutes(-900))
        service.register_communities([SITE], time=minutes(-900))
        service.publish_model(housing("a", rows), str(SITE["community_id"]), "a", minutes(-900))
    told(place, "readings", [reading(0, 100.0, point), reading(15, 101.0, point), reading(15, 9.0, "unknown")])
    told(place, "readings", [reading(30, float("nan"), point), reading(45, 3.0, point), reading(60, 4.0, point)])
    told(place, "readings", [reading(30, 8.0, "unknown")])
    (row,) = found(place, "register_fell").to_dicts()
    assert (row["entity"], row["severity"], row["count"]) == (point, "data", 1)
    assert (row["since"], row["time"], row["until"]) == (minutes(15), minutes(45), minutes(45))
    assert row["text_en"] == f"register {point} reads less than before: -98.0 kWh"
    assert len(row["positions"]) == 2 and row["positions"][0] < row["positions"][1]


def test_a_device_that_begins_to_report_a_fault(place: Place) -> None:
    texts = ("Available", "Faulted", "Faulted", "Available", "OUT_OF_SERVICE")
    told(place, "states", [{"point_id": "ev1", "time": minutes(i), "text": t} for i, t in enumerate(texts)])
    told(place, "docks", [station(60, 1)])
    rows = found(place, "device_fault")
    assert rows.select("time", "until").rows() == [(minutes(1), minutes(3)), (minutes(4), None)]
    assert rows["text_en"][1] == "device ev1 reports a fault: OUT_OF_SERVICE"


def test_a_source_that_is_silent_for_longer_than_it_may(place: Place) -> None:
    told(place, "docks", [station(m, 3) for m in (0, 2, 4)], source="file:youbike")
    told(place, "docks", [station(m, 3) for m in (20, 22)], source="file:youbike")
    (row,) = found(place, "source_stale").to_dicts()
    assert (row["time"], row["since"], row["until"], row["entity"]) == (
        minutes(9), minutes(4), minutes(20), "file:youbike",
    )  # fmt: skip


def test_a_flood_of_refusals_fires_when_it_is_one(place: Place) -> None:
    told(place, "docks", [station(0, 3)])
    for minute in range(3):
        with place.log() as log:
            ingester = Ingester(log, clock=lambda minute=minute: minutes(minute))  # type: ignore[misc]
            ingester.ingest(poll([f"no reading {minute} {n}" for n in range(40)], 40 * minute + 39))
    (row,) = found(place, "quarantine_flood").to_dicts()
    assert (row["time"], row["count"]) == (minutes(2), 120)


def test_records_that_a_topic_no_longer_had_are_an_incident_of_their_source(place: Place) -> None:
    told(place, "docks", [station(0, 3)])
    with place.log() as log:
        source = SourceId("kafka:city.senml:0:1a2b3c4d")
        ingester = Ingester(log, clock=lambda: minutes(7))
        ingester.ingest(gap_poll(source, range(10, 55)))
        clash = Refusal(55, CLASH, "an identity with other content", b'{"count":1,"id":"7","source":"/g"}')
        ingester.ingest(Poll(source, 55, 55, {}, {}, [clash]))
    (row,) = found(place, "offsets_lost").to_dicts()
    assert (row["time"], row["entity"], row["severity"], row["count"]) == (minutes(7), str(source), "high", 45)
    assert "10–54" in row["text_en"] and "10–54" in row["text_zh"]


def test_a_correction_after_the_time_of_lateness(place: Place) -> None:
    told(place, "docks", [station(0, 3), station(1, 3)], recorded=minutes(1))
    told(place, "docks", [station(1, 4)], recorded=minutes(2))
    told(place, "docks", [station(0, 9)], recorded=minutes(60))
    with City.open(place.directory) as city:
        rows = incidents(city, minutes(0), minutes(1)).filter(kind="late_correction")
    assert rows.select("time", "entity", "positions").rows() == [(minutes(0), "s1", [2, 4])]


def test_the_next_incident_is_the_first_after(place: Place) -> None:
    told(place, "docks", [station(m, int(not (10 <= m < 55 or 100 <= m < 150))) for m in range(0, 200, 5)])
    with City.open(place.directory) as city:
        times = list(chain_of_next(city, minutes(0)))
        assert next_incident(city, minutes(9999)) is None
    assert times == [minutes(40), minutes(130)]


def chain_of_next(city: City, after: datetime) -> Iterator[datetime]:
    """Jumping from incident to incident."""
    while (row := next_incident(city, after)) is not None:
        yield (after := row["time"])


def test_a_city_without_observations_has_no_incidents_and_a_naive_time_is_refused(place: Place) -> None:
    with City.open(place.directory) as city:
        assert incidents(city, minutes(0), minutes(9)).schema == pl.Schema(INCIDENTS)
        with pytest.raises(NaiveTimeError):
            incidents(city, NOON.replace(tzinfo=None), NOON)


@settings(max_examples=20, deadline=None)
@given(
    reports=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60), st.integers(0, 1)), min_size=1, max_size=60),
    split=st.integers(1, 299),
)
def test_the_incidents_of_two_windows_are_those_of_the_whole(
    reports: list[tuple[int, int, int]], split: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = init(tmp_path_factory.mktemp("split") / "city")
    told(place, "docks", [station(5 * m, bikes, 1 - bikes, f"s{s}") for s, m, bikes in reports])
    wanted = ("time", "kind", "entity")
    with City.open(place.directory) as city:
        stuck = pl.col("kind").is_in(["station_empty", "station_full"])
        whole, one, two = (
            incidents(city, minutes(low), minutes(high)).filter(stuck).select(wanted)
            for low, high in ((0, 300), (0, split - 1e-3), (split, 300))
        )
    assert pl.concat([one, two]).rows() == whole.rows()
