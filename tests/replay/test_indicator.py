"""An indicator written today has its whole history, and new events change exactly what one fold of all would."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.errors import UsageError
from replay.city import City
from replay.indicator import Run, at, run
from tests.house.checkout import CHECKOUT
from tests.replay.test_incidents import minutes, station, told
from twin.indicator_store import IndicatorStore
from twin.indicators import load_indicator
from twin.place import Place, init

PAGE = (CHECKOUT / "docs" / "indicators.md").read_text("utf-8")
EXAMPLE = re.findall(r"```python\n(.*?)```", PAGE, re.S)[0]
NAME = "station-empty-minutes"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The documentation's own file."""
    file = tmp_path / "empty_minutes.py"
    file.write_text(EXAMPLE, "utf-8")
    return file


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return init(tmp_path / "city")


def fold(place: Place, file: Path) -> Run:
    with City.open(place.directory) as city:
        return run(city, load_indicator(file))


def stored(place: Place) -> list[tuple[object, ...]]:
    store = IndicatorStore(place.directory)
    manifest = store.manifest(NAME)
    assert manifest is not None
    return store.rows(manifest).rows()


def files(place: Place) -> dict[str, bytes]:
    store = IndicatorStore(place.directory)
    manifest = store.manifest(NAME)
    assert manifest is not None
    return {f: (store.folder(NAME, manifest.version) / f).read_bytes() for f in manifest.months.values()}


def test_the_example_of_the_documentation_has_its_history(place: Place, example: Path) -> None:
    told(place, "docks", [station(0, 2), station(20, 0), station(50, 1), station(110, 0)])
    assert fold(place, example) == Run(NAME, 1, 0, 2, 3, 3)
    assert stored(place) == [
        ("s1", minutes(0), 30.0, 3), ("s1", minutes(60), 10.0, 1), ("s1", minutes(120), 60.0, 0),
    ]  # fmt: skip


def test_a_late_row_and_a_correction_change_the_windows_they_reach_and_no_other(place: Place, example: Path) -> None:
    told(place, "docks", [station(0, 2), station(20, 0), station(50, 1), station(600, 2)])
    fold(place, example)
    before = files(place)
    told(place, "docks", [station(40, 1), station(50, 0)])
    done = fold(place, example)
    assert (done.position_before, done.windows) == (2, 2)
    assert stored(place)[0] == ("s1", minutes(0), 20.0 + 10.0, 4)
    assert stored(place)[-2][:3] == ("s1", minutes(600), 0.0)
    assert files(place).keys() != before.keys()
    assert fold(place, example).windows == 0


def test_a_window_is_folded_as_known_then(place: Place, example: Path) -> None:
    told(place, "docks", [station(0, 0)])
    told(place, "docks", [station(0, 5)])
    with City.open(place.directory) as city:
        indicator = load_indicator(example)
        now, then = at(city, indicator, minutes(5)), at(city, indicator, minutes(5), known=2)
    assert (now["empty_minutes"].item(), then["empty_minutes"].item()) == (0.0, 60.0)


reports = st.tuples(st.integers(0, 2), st.integers(0, 40 * 24), st.integers(0, 2))


@settings(max_examples=20, deadline=None)
@given(
    polls=st.lists(st.lists(reports, min_size=1, max_size=8), min_size=1, max_size=6),
    stops=st.sets(st.integers(0, 5)),
)
def test_folding_in_pieces_gives_the_bytes_of_one_fold(
    polls: list[list[tuple[int, int, int]]], stops: set[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("indicator")
    file = folder / "empty_minutes.py"
    file.write_text(EXAMPLE, "utf-8")
    pieces, whole = init(folder / "pieces"), init(folder / "whole")
    for number, poll in enumerate(polls):
        rows = [station(60 * hour, bikes, name=f"s{s}") for s, hour, bikes in poll]
        told(pieces, "docks", rows)
        told(whole, "docks", rows)
        if number in stops:
            fold(pieces, file)
    fold(pieces, file)
    fold(whole, file)
    assert files(pieces) == files(whole)


def test_a_new_version_is_built_beside_the_old_one_which_answers_until_then(place: Place, example: Path) -> None:
    told(place, "docks", [station(0, 0)])
    fold(place, example)
    example.write_text(EXAMPLE.replace("version = 1", "version = 2").replace("/ 60", "/ (1 // 0)"))
    with pytest.raises(ZeroDivisionError):
        fold(place, example)
    assert stored(place)[0][2] == 60.0
    example.write_text(EXAMPLE.replace("version = 1", "version = 2").replace("/ 60", "/ 3600"))
    fold(place, example)
    store = IndicatorStore(place.directory)
    assert (store.answering(NAME), stored(place)[0][2]) == (2, 1.0)
    assert store.manifest(NAME, 1) is not None
    example.write_text(EXAMPLE)
    with pytest.raises(UsageError, match="v2 answers already"):
        fold(place, example)


def test_the_same_version_of_another_file_is_refused(place: Place, example: Path) -> None:
    told(place, "docks", [station(0, 0)])
    fold(place, example)
    example.write_text(EXAMPLE + "\n# changed\n")
    with pytest.raises(UsageError, match="raise `version`"):
        fold(place, example)


def test_a_run_that_is_killed_leaves_the_old_answer(place: Place, example: Path) -> None:
    told(place, "docks", [station(0, 0), station(60 * 24, 0)])
    fold(place, example)
    before = stored(place)
    told(place, "docks", [station(0, 1), station(60 * 24, 1)])
    deadly = "import os, signal\n    if start.hour == 4 and start.day == 3: os.kill(os.getpid(), signal.SIGKILL)\n    "
    example.write_text(EXAMPLE.replace("version = 1", "version = 2").replace("    begins =", f"    {deadly}begins ="))
    code = (
        "import sys; from pathlib import Path; from replay.city import City; from replay.indicator import run\n"
        "from twin.indicators import load_indicator\n"
        "with City.open(sys.argv[1]) as city: run(city, load_indicator(Path(sys.argv[2])))"
    )
    died = subprocess.run([sys.executable, "-c", code, place.directory, example], cwd=CHECKOUT, check=False)
    assert died.returncode == -9
    assert stored(place) == before
    example.write_text(EXAMPLE)
    fold(place, example)
    assert [row[2] for row in stored(place)] == [0.0] * len(before)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('window = "hour"', 'window = "week"', "give one of hour, day, month"),
        ("version = 1", "version = True", "declare version as int"),
        ('family = "docks"', 'family = "dock"', "no observation family 'dock'"),
        ('key = ["station_id"]', "key = []", "must be among the columns"),
        ("def fold", "def fald", "no function fold"),
        ("import polars", "import polarbears", "cannot be run: ModuleNotFoundError"),
        ('"count")}', '"count"), "x": (int, None)}', "give a polars type"),
    ],
)
def test_a_file_that_declares_wrongly_is_told_what(example: Path, old: str, new: str, why: str) -> None:
    example.write_text(EXAMPLE.replace(old, new, 1))
    with pytest.raises(UsageError, match=re.escape(why)):
        load_indicator(example)


def test_a_fold_that_gives_other_columns_than_it_declares_is_refused(place: Place, example: Path) -> None:
    told(place, "docks", [station(0, 0)])
    example.write_text(EXAMPLE.replace('(pl.UInt32, "count")', '(pl.Int64, "count")'))
    with pytest.raises(UsageError, match="make them the same"):
        fold(place, example)


def test_months_are_taipeis(place: Place, example: Path) -> None:
    told(place, "docks", [station(30 * 1440 - 12 * 60 - 1, 0)])
    fold(place, example)
    manifest = IndicatorStore(place.directory).manifest(NAME)
    assert manifest is not None
    assert sorted(manifest.months) == ["2026-03", "2026-04"]


def test_no_row_of_a_month_leaves_no_file(place: Place, example: Path) -> None:
    told(place, "docks", [station(0, 0)])
    example.write_text(EXAMPLE.replace("return stretches", "return stretches.clear()"))
    assert fold(place, example).rows == 0
    assert files(place) == {}
