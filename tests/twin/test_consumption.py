"""One consumption: the parts of a window add up to it, whatever is asked and wherever readings lie between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.ids import SourceId
from events.ingest import Ingester
from events.observations import FAMILIES, TIME, Quality
from replay.city import City
from replay.load import community_load
from replay.registers import readings_around
from replay.windows import consumption
from tests.aggregates.models import home_meters, housing
from tests.aggregates.samples import SITE
from tests.scenarios.fake_city import DONGMING, MONDAY, NO_REGISTER_EVENTS, QUARTER, FakeCity
from twin.place import Place, init
from twin.points import devices_of
from twin.projections.register import Register
from twin.reckoning.consumption import KEY, curve, of_each, steps, use
from twin.service import Service
from views import usage

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SUMS = ("amount", "interpolated", "estimated")

Told = list[tuple[int, float, int]]
"""Minutes after the start, value, quality."""


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def readings(told: Told) -> pl.DataFrame:
    rows = [("m", "kWh", at(minute), value, quality, 1) for minute, value, quality in sorted(told)]
    schema = {"point_id": pl.String(), "unit": pl.String(), "time": TIME, "value": pl.Float64(), "quality": pl.UInt8()}
    return pl.DataFrame(rows, schema=schema | {"position": pl.Int64()}, orient="row")


def happened(told: list[tuple[int, float, float]]) -> pl.DataFrame:
    """Exchanges: minute, final, initial."""
    rows = [("m", "kWh", at(minute), final, initial, None, 2) for minute, final, initial in told]
    return pl.DataFrame(rows, schema=NO_REGISTER_EVENTS.schema, orient="row")


def used(curves: pl.DataFrame, *edges: float) -> pl.DataFrame:
    registers = pl.DataFrame({"point_id": ["m"], "unit": ["kWh"]})
    return of_each(curves, registers, pl.Series([at(e) for e in edges], dtype=TIME))


registers = st.lists(
    st.tuples(st.integers(0, 600), st.floats(0, 500), st.sampled_from([0, 0, 0, 1, 4])),
    min_size=1, max_size=25, unique_by=lambda row: row[0],
)  # fmt: skip
exchanges = st.lists(
    st.tuples(st.integers(0, 600), st.floats(0, 500), st.floats(0, 50)), max_size=3, unique_by=lambda row: row[0]
)
instants = st.lists(st.integers(-100, 700), min_size=3, max_size=8, unique=True).map(sorted)


@settings(deadline=None)
@given(registers, exchanges, instants)
def test_the_parts_of_any_split_add_up_to_the_whole(
    rows: Told, told: list[tuple[int, float, float]], edges: list[int]
) -> None:
    curves = curve(readings(rows), happened(told))
    parts, whole = used(curves, *edges), used(curves, edges[0], edges[-1])
    for column in SUMS:
        assert parts[column].fill_null(0.0).sum() == pytest.approx(whole[column].fill_null(0.0)[0], abs=1e-6)
    length = (parts["end"] - parts["start"]).dt.total_microseconds()
    for column in ("known_share", "measured_share"):
        weighed = parts.select((pl.col(column) * length).sum() / length.sum()).item()
        assert weighed == pytest.approx(whole[column][0])
    assert parts["fell"].any() == whole["fell"][0]


@settings(deadline=None)
@given(registers, exchanges, instants)
def test_the_answer_does_not_depend_on_the_window_that_was_read(
    rows: Told, told: list[tuple[int, float, float]], edges: list[int]
) -> None:
    """Given what a city reads around each part, then its use is that of the curve over everything."""
    city = FakeCity(readings([(14 * minute, value, quality) for minute, value, quality in rows]), Register.empty())
    events = happened([(14 * minute, final, initial) for minute, final, initial in told])
    wide = [14 * edge for edge in edges]
    whole = used(curve(city.readings, events), *wide)
    for n, (low, high) in enumerate(pairwise(wide)):
        part = used(curve(readings_around(city, ["m"], at(low), at(high), None), events), low, high)
        for column in (*SUMS, "known_share"):
            assert part[column][0] == pytest.approx(whole[column][n], abs=1e-6), column
        assert part["state"][0] == whole["state"][n]


@settings(deadline=None)
@given(st.lists(st.floats(0, 10), min_size=3, max_size=30), st.data())
def test_readings_between_the_ends_change_no_amount(rises: list[float], data: st.DataObject) -> None:
    values = [sum(rises[: n + 1]) for n in range(len(rises))]
    rows = [(15 * n, value, 0) for n, value in enumerate(values)]
    kept = data.draw(st.sets(st.sampled_from(range(len(rows)))))
    some = [row for n, row in enumerate(rows) if n in kept | {0, len(rows) - 1}]
    ends = (0, 15 * (len(rows) - 1))
    every, few = (used(curve(readings(r)), *ends).row(0, named=True) for r in (rows, some))
    assert few["amount"] == pytest.approx(every["amount"]) == pytest.approx(values[-1] - values[0])
    apart = max(b[0] - a[0] for a, b in pairwise(some))
    assert few["state"] == ("interpolated" if apart > 90 else "measured")


def test_a_fall_is_told_once_and_an_exchange_is_none() -> None:
    rows = readings([(0, 100.0, 0), (15, 90.0, 0), (30, 91.0, 0), (45, 5.0, 0)])
    told = steps(rows, happened([(40, 92.0, 4.0)]))
    assert told["rise"].to_list() == [None, -10.0, 1.0, 1.0, 1.0]
    assert told["fell"].to_list() == [False, True, False, False, False]


def test_a_window_of_a_register_that_never_reported_is_unknown() -> None:
    windows = pl.DataFrame({"point_id": ["x"], "unit": ["kWh"], "start": [at(0)], "end": [at(60)]})
    row = use(curve(readings([(0, 1.0, 0)])), windows.cast({"start": TIME, "end": TIME}), KEY).row(0, named=True)
    assert (row["amount"], row["known_share"], row["state"]) == (None, 0.0, "unknown")


def test_an_invalid_reading_and_no_number_are_no_readings() -> None:
    rows = readings([(0, 1.0, 0), (15, 900.0, int(Quality.INVALID)), (30, float("nan"), 0), (45, 4.0, 0)])
    assert used(curve(rows), 0, 45)["amount"].to_list() == [3.0]


HOMES = 12
SWAPPED = "urn:dev:ser:E-a-1:1-0:1.8.0"
"""The meter of a home that was exchanged: it read 118 at the last, and the new one began at 5000."""
NOON = MONDAY + timedelta(hours=12)
DAY = timedelta(days=1)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A community whose meters are read every quarter hour; each home draws 1 kWh an hour, from 106 kWh on."""
    made = init(tmp_path / "city")
    rows = home_meters("a", HOMES)
    points = [d.point_ids[0] for d in devices_of(rows) if d.kind == "electricity_meter"]
    with made.log() as log:
        service = Service(log, made.archive, lambda: MONDAY)
        service.register_communities([SITE], time=MONDAY - DAY)
        service.publish_model(housing("a", rows), DONGMING, "a", MONDAY - DAY)
        frames = [_drawn(point, swapped=point == SWAPPED) for point in points]
        Ingester(log, clock=lambda: MONDAY + DAY).append_frames(SourceId("t"), {"readings": pl.concat(frames)})
    return made


def _drawn(point: str, *, swapped: bool) -> pl.DataFrame:
    times = [MONDAY + QUARTER * n for n in range(97)]
    values = [106.0 + n / 4 for n in range(97)]
    shown = [5000.0 + v - 118.0 if swapped and t >= NOON else v for t, v in zip(times, values, strict=True)]
    schema = dict(FAMILIES["readings"].decoded)
    columns = {"point_id": [point] * 97, "unit": ["kWh"] * 97, "time": times, "value": shown, "quality": [0] * 97}
    return pl.DataFrame(columns | {"record": [0] * 97}, schema=schema)


def _exchanged(place: Place) -> None:
    with City.open(place.directory) as city:
        entity = city.register_codes(SWAPPED)["entity"][0]
    with place.log() as log:
        Service(log, place.archive, lambda: MONDAY + DAY).exchange_meter(entity, 118.0, 5000.0, NOON)


def test_page_series_window_and_scenario_tell_the_same_use_over_an_exchange(place: Place) -> None:
    _exchanged(place)
    end = MONDAY + DAY
    with City.open(place.directory) as city:
        page = usage.meter_use(city, end, None)
        series = usage.register_use(city, (SWAPPED, "kWh"), (MONDAY, end), None, HOUR)
        rows = readings_around(city, [SWAPPED], MONDAY, end, None)
        window = consumption(rows, MONDAY, end, "hour", events=city.register_events())
        window = window.filter(pl.col("start") >= MONDAY, pl.col("end") <= end)
        load = community_load(city, city.cut().devices(), DONGMING, (MONDAY, end), QUARTER, city.head)
    one = page.filter(point_id=SWAPPED).row(0, named=True)
    assert (one["used"], one["state"], one["estimated"]) == (pytest.approx(24.0), "measured", False)
    assert series["used"].to_list() == pytest.approx([1.0] * 24)
    assert window["amount"].to_list() == pytest.approx([1.0] * 24)
    whole = page.filter(pl.col("medium") == "electricity")["used"].sum()
    assert whole == pytest.approx(24.0 * (HOMES + 1)) == pytest.approx(load.kwh.sum())
    assert (load.estimated_kwh.sum(), load.silent_meters) == (0.0, 0)


def test_a_rise_to_another_meter_is_counted_as_told_then_and_corrected_by_the_event(place: Place) -> None:
    """Given 118 → 5000 told as one meter, what was known then is 4,906 kWh; known now, it is 24."""
    with City.open(place.directory) as city:
        head = city.head
    _exchanged(place)
    with City.open(place.directory) as city:
        then, now = (
            usage.meter_use(city, MONDAY + DAY, known).filter(point_id=SWAPPED)["used"][0] for known in (head, None)
        )
    assert (then, now) == (pytest.approx(4906.0), pytest.approx(24.0))


def test_a_day_over_a_gap_is_not_measured(place: Place) -> None:
    """Given a meter that missed three hours, its day is known and not wholly measured, and is told so."""
    with City.open(place.directory) as city:
        rows = city.series("readings", [SWAPPED], MONDAY, MONDAY + DAY)
    late = rows.filter((pl.col("time") < NOON - 3 * HOUR) | (pl.col("time") >= NOON)).with_columns(
        point_id=pl.lit("gap"), value=pl.int_range(pl.len()).cast(pl.Float64)
    )
    made = usage.intervals(late, DAY)
    assert made["state"].to_list() == ["interpolated"]


def test_of_which_meters_and_homes_a_share_is_told(place: Place) -> None:
    """Given water and gas meters that never reported, electricity alone is told of, and of how many is said."""
    with City.open(place.directory) as city:
        told = usage.quality(usage.meter_use(city, MONDAY + DAY, None))
    assert (told.meters, told.counted, told.measured) == (3 * (HOMES + 1), HOMES + 1, HOMES + 1)
    assert (told.homes, told.homes_counted, told.share) == (HOMES, HOMES, 1.0)
