"""A planner sees sums of ten homes or more; a manager single dwellings, and each look is an event."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from events.errors import UsageError
from replay.city import City
from views.roles import FEWEST_HOMES, OPERATOR, ROLE, Role, role
from views.screens.building_whole import _tells_too_much

WAIT_S = 60.0


def _building() -> None:
    from views.screens import building

    building.page()


@pytest.fixture
def city(small_city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A city of one's own, for whoever writes."""
    own = tmp_path / "city"
    shutil.copytree(small_city, own)
    monkeypatch.setenv("TWIN_CITY", str(own))
    monkeypatch.setenv(OPERATOR, "op-7")
    st.cache_resource.clear()
    yield own
    st.cache_resource.clear()


def _opened(dwelling: str) -> AppTest:
    app = AppTest.from_function(_building)
    app.session_state["pages"] = {}
    app.query_params["dwelling"] = dwelling
    return app.run(timeout=WAIT_S)


def _dwelling(city: Path) -> str:
    with City.open(city) as opened:
        return str(opened.cut().devices().drop_nulls("dwelling_id")["dwelling_id"][0])


def _looks(city: Path) -> list[tuple[str, str]]:
    """Looks of this test's operator (the city was copied from one that others have looked at)."""
    with City.open(city) as opened:
        told = opened.cut().looks().filter(operator="op-7")
    return list(told.select("operator", "dwelling_id").iter_rows())


def _blocks(app: AppTest) -> list[dict[str, Any]]:
    spec = json.loads(app.get("deck_gl_json_chart")[0].proto.json)
    found: list[dict[str, Any]] = next(layer["data"] for layer in spec["layers"] if layer["id"] == "dwellings")
    return found


def test_a_managers_look_is_told_once_and_listed(city: Path) -> None:
    dwelling = _dwelling(city)

    app = _opened(dwelling)
    app.run(timeout=WAIT_S)

    assert not app.exception
    assert _looks(city) == [("op-7", dwelling)]


def test_a_planner_sees_one_number_a_storey_and_no_dwelling(city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROLE, Role.PLANNER)
    dwelling = _dwelling(city)

    app = _opened(dwelling)

    assert not app.exception
    assert not [box for box in app.selectbox if box.key == "dwelling_choice"]
    storeys: dict[float, set[tuple[int, ...]]] = {}
    for block in _blocks(app):
        storeys.setdefault(block["polygon"][0][2], set()).add(tuple(block["colour"]))
    assert len(storeys) > 3
    assert all(len(colours) == 1 for colours in storeys.values())
    assert _looks(city) == []


def test_a_planner_cannot_subtract_the_storeys_shown_from_the_total(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROLE, Role.PLANNER)
    storeys = [("2F", 12), ("3F", 12), ("4F", 4)]
    homes = pl.DataFrame([{"storey_id": key, "used": 1.0} for key, count in storeys for _ in range(count)])

    assert _tells_too_much(homes)
    assert not _tells_too_much(homes.filter(pl.col("storey_id") != "4F"))
    assert _tells_too_much(homes.filter(storey_id="4F"))


def test_a_manager_sees_each_dwelling_by_itself(city: Path) -> None:
    app = _opened("none")

    assert len({tuple(block["colour"]) for block in _blocks(app)}) > FEWEST_HOMES


def test_a_word_that_is_no_role_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROLE, "mayor")
    with pytest.raises(UsageError, match="'mayor' is no role; there are planner, manager"):
        role()
