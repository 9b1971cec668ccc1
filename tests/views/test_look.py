"""Colours, numbers, the address, layers: what is shown says what is."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.clock import instant
from twin.sites import read_sites
from views import demo, outlines, theme
from views.data import districts
from views.layers import ground
from views.layers.deck import Camera, deck, layer, told
from views.layers.traffic import availability
from views.link import (
    DAYS,
    DISPATCHES,
    LAYERS,
    LEVERS,
    PLACES,
    QUANTITIES,
    Lever,
    Settings,
    State,
    from_query,
    to_query,
)

NAMES = st.none() | st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
_PARAMETERS = (*PLACES, "t", "k", "lang", "quantity", "layers", "days", "dispatch", *LEVERS)


def _stop(lever: Lever, steps: int) -> int:
    return lever.low + steps * lever.step


INSTANTS = st.integers(0, 4 * 10**15).map(instant)


@given(
    st.builds(
        State,
        language=st.sampled_from(["zh-TW", "en"]),
        at=st.none() | INSTANTS,
        known=st.none() | st.integers(0, 10**9),
        community=NAMES,
        building=NAMES,
        dwelling=NAMES,
        quantity=st.none() | st.sampled_from(QUANTITIES),
        layers=st.lists(st.sampled_from(LAYERS), unique=True).map(tuple),
        settings=st.builds(
            Settings,
            days=st.sampled_from(DAYS),
            dispatch=st.sampled_from(DISPATCHES),
            **{
                name: st.integers(0, (at.high - at.low) // at.step).map(partial(_stop, at))
                for name, at in LEVERS.items()
            },
        ),
    )
)
def test_an_address_reopens_the_view_it_names(state: State) -> None:
    assert from_query(to_query(state)) == state


@given(st.dictionaries(st.sampled_from([*_PARAMETERS, "x"]), st.text(max_size=8) | st.just("9" * 5000)))
def test_no_address_breaks_the_page_and_what_it_names_in_vain_is_told(query: dict[str, str]) -> None:
    state = from_query(query)
    meant = {name for name, value in query.items() if value or name not in PLACES} - set(to_query(state))
    told_of = {name for name, _ in state.strange}
    usual = {name for name in meant - told_of if from_query({name: query[name]}) == State()}
    assert meant - told_of <= usual, "what is neither in the state nor told is the default"
    assert "x" not in query or "x" in told_of


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("t", "yesterday"), ("t", "2026-11-20T00:00:00"), ("k", "-1"), ("k", "1e3"), ("k", "\u0663"), ("lang", "fr"),
        ("quantity", "heat"), ("layers", "sites,trees"), ("kwp", "1001"), ("kwp", "405"), ("kw", "0"), ("days", "4"),
        ("dispatch", "best"), ("community", "c" * 201), ("colour", "red"),
    ],
)  # fmt: skip
def test_what_an_address_names_in_vain_is_told(name: str, value: str) -> None:
    state = from_query({name: value})
    assert state.strange == ((name, value[:200]),)
    assert replace(state, strange=()) == State()


@given(st.floats(1e-6, 1e9))
def test_a_scale_ends_on_a_round_number_not_far_above(top: float) -> None:
    end = theme.rounded_up(top)
    assert top <= end * (1 + 1e-9)
    assert end <= 2.5 * top * (1 + 1e-9)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=2))
def test_more_is_never_darker(pair: list[float]) -> None:
    scale = theme.Scale(0.0, 100.0, "kWh")
    low, high = sorted(pair)
    assert scale.colour(low)[1] <= scale.colour(high)[1]


def test_what_is_not_known_has_its_own_colour_and_sign() -> None:
    assert theme.Scale(0, 1, "kWh").colour(None) == theme.UNKNOWN
    assert theme.quantity(None, "kWh") == theme.DASH
    assert theme.UNKNOWN not in theme.RAMP


def test_a_quantity_carries_its_unit() -> None:
    assert theme.quantity(12925, "戶") == "12,925 戶"
    assert theme.quantity(0.974, "1") == "97.4 %"
    assert theme.quantity(3.25, "m3") == "3.25 m³"


def test_a_deck_names_no_map_style_and_no_provider() -> None:
    made = deck(
        [layer("ScatterplotLayer", "dots", [{"position": [121.5, 25.0]}], get_position="position")], Camera(121, 25, 11)
    )
    spec = json.loads(made.to_json())
    assert made.map_provider is None
    assert not any("://" in str(value) for value in spec.values())


def test_a_model_of_another_country_is_left_off_the_citys_map() -> None:
    here, there = [[121.6, 25.05], [121.601, 25.05]], [[-83.0, 40.0], [-83.001, 40.0]]
    drawn = pl.DataFrame({"name": ["here", "there"], "polygon": [here, there]})
    assert outlines.near(drawn, (121.6, 25.05))["name"].to_list() == ["here"]


def test_a_name_from_a_feed_is_shown_and_not_run() -> None:
    assert told("<img src=x>\n", "", "a & b") == "<img src=x>\na & b", (
        "Streamlit escapes what it puts into the template"
    )


@given(st.integers(0, 60), st.integers(0, 60))
def test_every_station_has_one_class(bikes: int, docks: int) -> None:
    assert availability(bikes, docks, bikes + docks) in theme.BIKES
    assert (availability(bikes, docks, bikes + docks) == "none") == (bikes == 0)


def test_there_are_twelve_districts_by_code_and_both_names() -> None:
    known = [f["properties"] for f in districts()["features"]]
    assert [k["TOWNCODE"] for k in known] == [f"6300{n:03d}0" for n in range(1, 13)]
    assert all(k["COUNTYCODE"] == "63000" and k["name"] and k["name_en"] for k in known)


def test_sites_lie_in_the_district_they_are_listed_in() -> None:
    rings = {f["properties"]["name"]: f["geometry"]["coordinates"][0] for f in districts()["features"]}
    astray = {s.name for s in read_sites(demo.SITES) if not _inside((s.longitude, s.latitude), rings[s.district])}
    # Listed in 大同, its coordinates are in 中山, 108 m from its door plate (docs: feeds, section 3).
    assert astray == {"中山站聯開宅"}


def test_a_district_is_the_same_in_both_spellings() -> None:
    assert ground.same_name("台北市大安區") == ground.same_name("臺北市大安區") == "大安區"


def _inside(point: tuple[float, float], ring: list[list[float]]) -> bool:
    x, y = point
    inside = False
    for (x0, y0), (x1, y1) in pairwise(ring):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            inside = not inside
    return inside
