"""An indicator over the use of registers tells what page and window tell, and has the bytes of one fold."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example as given_example
from hypothesis import given, settings
from hypothesis import strategies as st

from events.errors import UsageError
from events.observations import Quality
from replay.city import City
from replay.indicator import Run, at, run
from replay.registers import readings_around
from replay.why_indicator import why_indicator
from replay.windows import CONSUMPTION, consumption
from tests.replay.test_incidents import minutes, reading, told
from tests.replay.test_indicator import PAGE
from tests.scenarios.fake_city import MONDAY
from tests.twin.test_consumption import DAY, HOMES, NOON, SWAPPED, _exchanged, place
from twin.indicator_store import IndicatorStore
from twin.indicators import load_indicator
from twin.place import Place, init
from twin.service import Service
from views import usage

__all__ = ["place"]

COMMUNITY = re.findall(r"```python\n(.*?)```", PAGE, re.S)[1]
EVERY = '''"""Use of every register. 每具表計之用量。"""
import polars as pl
from replay.windows import CONSUMPTION

name, version, family, window, key = "use", 1, "consumption", "day", ["point_id", "unit"]
columns = {c: (t, None) for c, t in CONSUMPTION.items() if c != "start"}


def fold(rows, start, end):
    assert (rows["start"] == start).all() and (rows["end"] == end).all() and rows.height
    return rows.drop("start")
'''


@pytest.fixture
def every(tmp_path: Path) -> Path:
    file = tmp_path / "use.py"
    file.write_text(EVERY, "utf-8")
    return file


def fold(place: Place, file: Path) -> Run:
    with City.open(place.directory) as city:
        return run(city, load_indicator(file))


def stored(place: Place, name: str = "use") -> pl.DataFrame:
    store = IndicatorStore(place.directory)
    manifest = store.manifest(name)
    assert manifest is not None
    return store.rows(manifest)


def files(place: Place) -> dict[str, bytes]:
    store = IndicatorStore(place.directory)
    manifest = store.manifest("use")
    assert manifest is not None
    return {f: (store.folder("use", manifest.version) / f).read_bytes() for f in manifest.months.values()}


def happened(place: Place, register: str, moment: datetime, final: float, initial: float | None) -> None:
    """An exchange, or (no `initial`) a roll-over at `final`; nothing where the register has not reported yet."""
    with City.open(place.directory) as city:
        codes = city.register_codes(register)["entity"].to_list()
    for entity in codes:
        with place.log() as log:
            service = Service(log, place.archive, lambda: NOON)
            if initial is None:
                service.roll_over(entity, final, moment)
            else:
                service.exchange_meter(entity, final, initial, moment)


def test_page_window_and_indicator_tell_the_same_use_over_an_exchange(place: Place, every: Path) -> None:
    """Given a meter exchanged at 118 for one that began at 5000, told late, its day has 24 kWh on every side."""
    by_community = every.with_name("community.py")
    by_community.write_text(COMMUNITY, "utf-8")
    fold(place, every)
    raw = stored(place).filter(point_id=SWAPPED)["amount"].sum()
    _exchanged(place)
    fold(place, every)
    fold(place, by_community)
    with City.open(place.directory) as city:
        page = usage.meter_use(city, MONDAY + DAY, None)
        rows = readings_around(city, [SWAPPED], MONDAY, MONDAY + DAY, None)
        window = consumption(rows, MONDAY, MONDAY + DAY, "day", events=city.register_events())
    mine = stored(place).filter(point_id=SWAPPED)
    assert mine.select(window.columns).rows() == window.rows()
    used = page.filter(point_id=SWAPPED)["used"].item()
    assert [raw, mine["amount"].sum(), used] == pytest.approx([4906, 24, 24])
    assert mine["exchanged"].to_list() == [m <= NOON < m + DAY for m in mine["start"]]
    homes = page.filter(pl.col("dwelling_id").is_not_null(), pl.col("medium") == "electricity")
    days = stored(place, "community-energy")
    assert days["kwh"].sum() == pytest.approx(homes["used"].sum()) == pytest.approx(24 * HOMES)
    assert days["homes"].to_list() == [HOMES] * days.height


slots = st.integers(0, 15).map(lambda n: 480 * n)
readings = st.tuples(
    st.integers(0, 2), slots, st.floats(0, 500, allow_subnormal=False), st.sampled_from([0, 0, 0, 1, 4])
)
polls = st.lists(readings, min_size=1, max_size=4)
changes = st.tuples(st.integers(0, 2), slots, st.floats(1, 500), st.none() | st.floats(0, 500))
SWAP = (0, 480 * 4, 118.0, 5000.0)


@settings(max_examples=6, deadline=None)
@given_example(  # exchanged, then its only usable reading is taken back: nothing but exchanges are left of it
    steps=[[(0, 480 * 13, 9.0, 0)], SWAP, (0, 480 * 10, 40.0, 1.0), [(0, 480 * 13, 9.0, 4)]], stops={2}
)
@given_example(  # all that was read is taken back
    steps=[[(0, 0, 1.0, 0), (0, 480 * 12, 9.0, 0)], [(0, 0, 1.0, 4), (0, 480 * 12, 9.0, 4)]], stops={0}
)
@given_example(  # exchanged 118 -> 5000, told late and corrected
    steps=[[(0, 0, 100.0, 0), (0, 480 * 12, 5003.0, 0)], SWAP, [(0, 480 * 2, 107.0, 0)], (0, 480 * 4, 119.0, 5001.0)],
    stops={0, 1, 2},
)
@given(steps=st.lists(polls | changes, min_size=1, max_size=5), stops=st.sets(st.integers(0, 5)))
def test_folding_in_pieces_gives_the_bytes_of_one_fold(
    steps: list[list[tuple[int, int, float, int]] | tuple[int, int, float, float | None]],
    stops: set[int],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("use")
    file = folder / "use.py"
    file.write_text(EVERY, "utf-8")
    pieces, whole = init(folder / "pieces"), init(folder / "whole")
    for number, step in enumerate(steps):
        for each in (pieces, whole):
            if isinstance(step, tuple):
                happened(each, f"m{step[0]}", minutes(step[1]), *step[2:])
            else:
                told(each, "readings", [reading(t, v, f"m{m}") | {"quality": q} for m, t, v, q in step])
        if number in stops:
            fold(pieces, file)
    fold(pieces, file)
    fold(whole, file)
    assert files(pieces) == files(whole)


def test_a_late_reading_changes_the_windows_between_its_neighbours_and_no_other(tmp_path: Path, every: Path) -> None:
    place = init(tmp_path / "city")
    day = 24 * 60
    told(place, "readings", [reading(day * n, 24.0 * n) for n in (0, 1, 5, 9, 20)])
    assert fold(place, every).windows == 21
    told(place, "readings", [reading(day * 6, 130.0)])
    done = fold(place, every)
    assert done.windows == 5
    assert fold(place, every).windows == 0
    assert stored(place)["amount"].sum() == pytest.approx(24.0 * 20)
    assert set(stored(place).columns) == set(CONSUMPTION)


def test_a_register_that_was_not_read_between_two_exchanges_is_told_there(tmp_path: Path, every: Path) -> None:
    place = init(tmp_path / "city")
    day = 24 * 60
    told(place, "readings", [reading(0, 100.0), reading(6 * day, 24.0)])
    happened(place, "m1", minutes(day), 124.0, 0.0)
    happened(place, "m1", minutes(5 * day), 96.0, 0.0)
    fold(place, every)
    assert stored(place)["amount"].to_list() == pytest.approx([12.0, *[24.0] * 5, 12.0])


def test_use_is_folded_as_known_then_and_tells_the_readings_and_the_exchange_behind_it(
    tmp_path: Path, every: Path
) -> None:
    place = init(tmp_path / "city")
    told(place, "readings", [reading(0, 100.0), reading(0, 1.0, "m2"), reading(600, 7.0, "m2"), reading(3600, 5052.0)])
    told(place, "readings", [reading(600, 5002.0), reading(300, 900.0) | {"quality": int(Quality.INVALID)}])
    happened(place, "m1", minutes(420), 118.0, 5000.0)
    fold(place, every)
    with City.open(place.directory) as city:
        now = at(city, load_indicator(every), minutes(430)).filter(point_id="m1")
        then = at(city, load_indicator(every), minutes(430), known=3).filter(point_id="m1")
        chain = why_indicator(city, "use", "m1 kWh", "amount", minutes(430))
        before = why_indicator(city, "use", "m1 kWh", "amount", minutes(430), known=3)
        head = city.head
    assert now["exchanged"].item() and not then["exchanged"].item()
    assert (chain.value, before.value) == (now["amount"].item(), then["amount"].item())
    assert (chain.value, before.value) == (pytest.approx(18 + 2 + 2), pytest.approx(4902 + 2))
    assert chain.positions == (2, 3, head)
    assert (chain.rows, before.positions, before.rows) == (3, (2, 3), 3)


def test_the_last_reading_of_a_register_is_found_beside_a_livelier_one_of_its_point(tmp_path: Path) -> None:
    """Given a point that tells its power every hour and its energy once in ten days, the energy is known between."""
    place = init(tmp_path / "city")
    day = 24 * 60
    energy = [reading(0, 0.0), reading(10 * day, 240.0)]
    told(place, "readings", [*energy, *(reading(60 * n, 1.0, unit="kW") for n in range(241))])
    start, end = minutes(5 * day), minutes(6 * day)
    with City.open(place.directory) as city:
        rows = readings_around(city, ["m1"], start, end, None)
        use = consumption(rows, start, minutes(5 * day + 60), "hour").filter(unit="kWh")
    assert use["amount"].to_list() == pytest.approx([1.0])


@pytest.mark.parametrize("option", ["look_back", "look_ahead"])
def test_use_looks_around_itself(every: Path, option: str) -> None:
    every.write_text(f"from datetime import timedelta\n{option} = timedelta(hours=1)\n{EVERY}", "utf-8")
    with pytest.raises(UsageError, match="leave both out"):
        load_indicator(every)
    every.write_text(f"from datetime import timedelta\n{option} = timedelta(0)\n{EVERY}", "utf-8")
    assert load_indicator(every).family == "consumption"
