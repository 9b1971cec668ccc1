"""Every page on a small city: numbers with units, taken back to any instant, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from events.clock import now
from replay.city import City
from replay.incidents import incidents, next_incident
from tests.views.conftest import END
from twin.place import init as make_city
from views import theme

WAIT_S = 60.0
Open = Callable[..., AppTest]


def _city() -> None:
    from views.screens import city

    city.page()


def _building() -> None:
    from views.screens import building

    building.page()


def _what_if() -> None:
    from views.screens import what_if

    what_if.page()


def _difference() -> None:
    from views.screens import difference

    difference.page()


def _model() -> None:
    from views.screens import model

    model.page()


@pytest.fixture
def opened(small_city: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Runs a page, or the whole app, as an address names it."""
    monkeypatch.setenv("TWIN_CITY", str(small_city))

    def run(page: Callable[[], None] | None = None, **query: str) -> AppTest:
        app = (
            AppTest.from_function(page)
            if page
            else AppTest.from_file(str(theme.__file__).replace("theme.py", "app.py"))
        )
        app.session_state["pages"] = {}
        for key, value in query.items():
            app.query_params[key] = value
        return app.run(timeout=WAIT_S)

    yield run
    st.cache_resource.clear()


def _metrics(app: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in app.metric}


def _map(app: AppTest) -> Any:
    return app.get("deck_gl_json_chart")[0].proto


def test_the_app_opens_on_the_city_and_says_that_it_is_synthetic(opened: Open) -> None:
    app = opened()
    assert not app.exception
    assert any("合成示範資料" in h.proto.body for h in app.get("html"))


def test_the_city_shows_homes_use_bikes_and_buses_with_units(opened: Open) -> None:
    shown = _metrics(opened(_city))
    assert shown["社宅戶數"] == "19,611 戶"
    assert shown["用電 · 近 24 小時"].endswith(" kWh")
    assert shown["用水 · 近 24 小時"].endswith(" m³")
    assert shown["可借自行車"].endswith(" 輛")
    assert shown["行駛中公車"] == "4 輛"


def test_the_address_takes_the_city_back(opened: Open) -> None:
    live, then = _metrics(opened(_city)), _metrics(opened(_city, t="2026-11-20T00:00:00Z"))
    assert live["社宅戶數"] == then["社宅戶數"]
    assert live["用電 · 近 24 小時"] != then["用電 · 近 24 小時"]
    assert live["可借自行車"] != then["可借自行車"]


def test_what_was_not_known_yet_is_not_shown(opened: Open) -> None:
    shown = _metrics(opened(_city, k="1"))
    assert shown["可借自行車"] == "—"
    assert shown["用電 · 近 24 小時"] == theme.DASH


def test_the_slider_takes_the_whole_page_back(opened: Open) -> None:
    app = opened(_city)
    live = _metrics(app)
    app.slider(key="time_slider").set_value(theme.local(END - timedelta(hours=9))).run(timeout=WAIT_S)
    assert _metrics(app)["可借自行車"] != live["可借自行車"]
    app.button(key="go_live").click().run(timeout=WAIT_S)
    assert _metrics(app) == live


def test_the_map_draws_every_layer_and_names_no_style(opened: Open) -> None:
    spec = _map(opened(_city))
    for name in ("districts", "sites", "models", "stations", "vehicles", "trails"):
        assert f'"id": "{name}"' in spec.json
    assert (
        '"mapStyle": "__MAP_STYLE__"' in spec.json
    )  # the place that Streamlit fills in only where a style was asked for
    assert "://" not in spec.json


def test_a_planner_sees_no_single_dwelling(opened: Open, small_city: Path) -> None:
    with City.open(small_city) as city:
        serials = city.cut().devices().drop_nulls("dwelling_id")["dwelling_id"].unique().to_list()
    spec = _map(opened(_city)).json
    assert not any(serial in spec for serial in serials)


@pytest.mark.parametrize("page", [_city, _building, _model, _difference, _what_if])
def test_every_page_speaks_both_languages(opened: Open, page: Callable[[], None]) -> None:
    chinese, english = opened(page), opened(page, lang="en")
    assert not chinese.exception
    assert not english.exception
    assert _metrics(chinese).keys().isdisjoint(_metrics(english).keys())


@pytest.mark.parametrize("page", [_city, _building, _model, _difference, _what_if])
@pytest.mark.parametrize(
    "query", [{"t": "1999-01-01T00:00:00Z"}, {"t": "2099-01-01T00:00:00Z"}, {"k": "0"}, {"k": "999999"}]
)
def test_no_instant_and_no_knowledge_breaks_a_page(
    opened: Open, page: Callable[[], None], query: dict[str, str]
) -> None:
    assert not opened(page, **query).exception


def test_a_building_is_drawn_with_a_colour_for_every_dwelling(opened: Open) -> None:
    app = opened(_building)
    assert not app.exception
    assert len(re.findall(r'"tip": "[012]', _map(app).json)) >= 176


@pytest.mark.parametrize("quantity", ["electricity", "water", "gas", "age"])
def test_every_quantity_of_a_building_has_its_unit(opened: Open, quantity: str) -> None:
    app = opened(_building, quantity=quantity)
    unit = {"electricity": "kWh", "age": "h"}.get(quantity, "m³")
    assert any(f"({unit})" in h.proto.body for h in app.get("html"))


def test_a_chosen_dwelling_shows_its_readings_and_devices(opened: Open, small_city: Path) -> None:
    with City.open(small_city) as city:
        meters = city.cut().devices().drop_nulls("dwelling_id").drop_nulls("point_id")
    app = opened(_building, dwelling=meters["dwelling_id"][0])
    assert not app.exception
    assert {"用電 · 近 24 小時", "用水 · 近 24 小時", "瓦斯 · 近 24 小時"} <= _metrics(app).keys()
    assert len(app.get("arrow_vega_lite_chart")) + len(app.get("vega_lite_chart")) == 1 + 3, (
        "the time bar has one, each meter one"
    )


def test_before_the_first_model_the_building_page_says_so(opened: Open) -> None:
    app = opened(_building, t="2026-11-01T00:00:00Z")
    assert not app.exception
    assert [i.value for i in app.info] == ["這個時刻還沒有建築模型。"]


def test_a_scenario_stands_beside_its_baseline(opened: Open) -> None:
    app = opened(_what_if)
    assert not app.exception
    assert _metrics(app)["市電購入量"].endswith(" kWh")
    before = app.metric[0].value
    app.slider(key="pv_kwp").set_value(0)
    app.slider(key="battery_kwh").set_value(0)
    app.button(key="run_what_if").click().run(timeout=WAIT_S)
    assert app.metric[0].value != before
    assert app.metric[0].delta.endswith("(0)")


def test_an_answer_to_an_earlier_question_says_so(opened: Open) -> None:
    app = opened(_what_if)
    assert not app.warning
    app.slider(key="pv_kwp").set_value(100).run(timeout=WAIT_S)
    assert len(app.warning) == 1
    app.button(key="run_what_if").click().run(timeout=WAIT_S)
    assert not app.warning


def test_an_empty_city_says_what_to_do(tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    make_city(tmp_path / "empty")
    monkeypatch.setenv("TWIN_CITY", str(tmp_path / "empty"))
    for page in (_city, _building, _what_if):
        app = opened(page)
        assert not app.exception
        assert app.info


def test_a_directory_without_a_city_is_told_without_a_traceback(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWIN_CITY", str(tmp_path))
    app = opened()
    assert not app.exception
    said = " ".join(h.proto.body for h in app.get("html"))
    assert "找不到城市資料" in said
    assert str(tmp_path) not in said and "city.json" not in said


def test_the_clock_tells_how_old_live_data_are(opened: Open) -> None:
    age_h = int((now() - END) / timedelta(hours=1))
    words = " ".join(h.proto.body for h in opened(_city).get("html"))
    assert "2026-11-20 21:00" in words
    assert ("小時前" in words) if age_h < 48 else ("天前" in words)


def test_the_model_page_shows_what_the_renovation_changed(opened: Open, small_city: Path) -> None:
    with City.open(small_city) as city:
        building = city.cut().buildings()["building_id"][0]
        assert city.cut().revisions(building).height == 2

    shown = opened(_model, building=building)

    assert not shown.exception
    changed, checks = (shown.dataframe[n].value for n in (0, 1))
    assert {"新增", "移除", "變更", "移位"} == set(changed["變更"])
    assert checks["未過"].sum() == 0 < checks["通過"].sum()
    assert '"id": "changes"' in _map(shown).json


def test_before_the_renovation_there_is_one_model(opened: Open) -> None:
    before = opened(_model, t=(END - timedelta(hours=30)).isoformat())

    assert not before.exception
    assert any("只有一版" in caption.value for caption in before.caption)


def test_a_step_moves_the_page_and_play_goes_on_from_there(opened: Open) -> None:
    app = opened(_city)
    app.button(key="step_back").click().run(timeout=WAIT_S)
    assert app.session_state["time_slider"] == theme.local(END - timedelta(minutes=15))
    app.button(key="play").click().run(timeout=WAIT_S)
    assert _playing(app)
    app.button(key="play").click().run(timeout=WAIT_S)
    assert not _playing(app)
    assert not app.exception


def _playing(app: AppTest) -> bool:
    return bool(app.session_state["playing"])


def test_the_next_incident_is_jumped_to_and_told_by_its_places_name(opened: Open, small_city: Path) -> None:
    """Given an instant, then each step goes on to the next incident, those that fire at once among them."""
    with City.open(small_city) as city:
        start = END - timedelta(days=1)
        expected = incidents(city, start + timedelta(microseconds=1), start + timedelta(days=1)).head(3)
        names = dict(city.cut().frame("stations").select("station_id", "name").iter_rows())
    app = opened(_city, t=start.isoformat())
    for row in expected.iter_rows(named=True):
        app.button(key="next_incident").click().run(timeout=WAIT_S)
        told = " ".join(h.proto.body for h in app.get("html") if "twin-incident" in h.proto.body)
        assert theme.clock(row["time"]) in told
        assert row["entity"] not in told or row["entity"] not in names
        assert names.get(row["entity"], "") in told
    assert not app.exception


def test_live_there_is_no_incident_to_come(opened: Open) -> None:
    app = opened(_city)
    app.button(key="next_incident").click().run(timeout=WAIT_S)
    assert any("此後沒有異常" in h.proto.body for h in app.get("html"))
    assert app.session_state["state"].at is None


def test_step_by_step_every_incident_is_reached(small_city: Path) -> None:
    with City.open(small_city) as city:
        first, last = END - timedelta(hours=14), END
        expected = incidents(city, first, last).select("time", "kind", "entity").rows()
        found, at, seen = [], first - timedelta(microseconds=1), None
        while (one := next_incident(city, at, seen=seen)) is not None:
            at, seen = one["time"], (one["kind"], one["entity"])
            found.append((at, *seen))
    assert len(expected) > len({time for time, _, _ in expected}), "some fire at once"
    assert found == expected


@pytest.mark.parametrize("hours", [1, 7, 13, 22, 31])
def test_scrubbing_shows_the_numbers_of_the_cut_at_each_stop(opened: Open, small_city: Path, hours: int) -> None:
    at = END - timedelta(hours=hours)
    with City.open(small_city) as city:
        docks = city.cut(at).frame("docks")
        placed = docks.join(city.cut(at).frame("stations").select("station_id"), on="station_id")
        running = city.cut(at).frame("positions").filter(pl.col("time") >= at - timedelta(minutes=10))
    app = opened(_city)

    app.slider(key="time_slider").set_value(theme.local(at)).run(timeout=WAIT_S)

    shown = _metrics(app)
    assert shown["可借自行車"] == f"{placed['num_vehicles_available'].sum():,} 輛"
    assert shown["行駛中公車"] == f"{running.height} 輛"


def test_a_difference_tells_by_how_much_and_in_what(opened: Open, small_city: Path) -> None:
    with City.open(small_city) as city:
        then, here = (city.cut(at).frame("docks") for at in (END - timedelta(days=1), END))
        both = here.join(then, on="station_id", how="full", suffix="_then")
        expected = (both["num_vehicles_available"] - both["num_vehicles_available_then"]).to_list()

    shown = opened(_difference)

    table = shown.dataframe[0].value
    assert sorted(table["差異 (輛)"]) == sorted(number for number in expected if number)
    assert '"id": "differences"' in _map(shown).json
    assert "twin diff --at" in shown.code[0].value
