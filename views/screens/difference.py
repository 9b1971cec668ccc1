"""The difference page: bike stations at this instant beside an earlier one, or beside what was known earlier."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import streamlit as st

from events.clock import now
from views import theme
from views.data import Against, districts
from views.layers import ground
from views.layers.deck import Camera, deck
from views.layers.difference import DELTA, differences
from views.plain import typed
from views.screens.legend import swatches
from views.screens.time_bar import time_bar
from views.state import State, current, reader

HEIGHT_PX = 560
AGAINST = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
LEARNED = "learned"
CAMERA = Camera(121.5475, 25.043, 11.4, pitch=30.0)
_CHOICE, _POSITION = "against_choice", "against_position"


def page() -> None:
    """Draw the page for the session's state."""
    state = current()
    time_bar(state)
    left, right = st.columns([1.6, 1], gap="medium")
    with right:
        against = _against(state)
        found = reader().station_difference(state.at, state.known, against)
        changed = found.filter(pl.col("kind") != "same")
        st.caption(_sentence(state, found))
        st.dataframe(_table(state, changed), hide_index=True, width="stretch", height=430, placeholder=theme.DASH)
        st.code(_command(state, against, changed), language="shell")
    with left:
        drawn = found.drop_nulls(["longitude", "latitude"])
        st.pydeck_chart(
            deck([*ground.districts(districts(), state.language, None), differences(drawn, state.language)], CAMERA),
            height=HEIGHT_PX,
        )
        st.html(swatches(state.say("diff_legend"), [(state.say(f"diff_{k}"), colour) for k, colour in DELTA.items()]))


def _against(state: State) -> Against:
    """What this instant is compared with."""
    choices = [*AGAINST, LEARNED]
    chosen = st.segmented_control(
        state.say("diff_against"), choices, default="day", key=_CHOICE, format_func=lambda c: state.say(f"diff_{c}")
    )
    if chosen != LEARNED:
        return Against(earlier=AGAINST[chosen or "day"])
    head = reader().head
    known = st.number_input(state.say("as_known"), 0, head, value=max(0, head // 2), key=_POSITION)
    return Against(known=int(known))


def _sentence(state: State, found: pl.DataFrame) -> str:
    """How many stations differ, do not, and cannot be compared: the classes of the map and its legend."""
    counts = {kind: f"{found.filter(kind=kind).height:,}" for kind in DELTA}
    return state.say("diff_count", total=f"{found.height:,}", **counts)


def _table(state: State, changed: pl.DataFrame) -> pl.DataFrame:
    named = pl.col("name_en") if state.language == "en" else pl.col("name")
    return changed.sort(pl.col("difference").abs(), "station_id", descending=[True, False], nulls_last=True).select(
        pl.coalesce(named, "name", "station_id").alias(state.say("change_name")),
        pl.col("kind").replace({kind: state.say(f"diff_{kind}") for kind in DELTA}).alias(state.say("diff_kind")),
        pl.col("before").alias(state.say("diff_before")),
        pl.col("after").alias(state.say("diff_after")),
        pl.col("difference").alias(f"{state.say('difference')} ({state.say('diff_unit')})"),
        (100 * pl.col("relative")).round(1).alias(f"{state.say('difference')} (%)"),
        pl.col("reason").replace(_reasons(state)).fill_null(theme.DASH).alias(state.say("diff_reason")),
        pl.col("position").alias(state.say("diff_position")),
    )


def _reasons(state: State) -> dict[str, str]:
    return {reason: state.say(f"reason_{reason}") for reason in ("newer", "late", "corrected")}


def _command(state: State, against: Against, changed: pl.DataFrame) -> str:
    """The same question on the command line, and the way from its first number to its events."""
    at, known = state.at or (reader().span() or (now(), now()))[1], state.known
    if against.earlier:
        asked = f"--at {(at - against.earlier).isoformat()} --at2 {at.isoformat()}"
        asked += f" --known {known} --known2 {known}" if known is not None else ""
    else:
        asked = f"--at {at.isoformat()} --known {against.known}" + (f" --known2 {known}" if known is not None else "")
    station = changed.sort(pl.col("difference").abs(), descending=True, nulls_last=True)["station_id"].head(1).to_list()
    then = f" --known {known}" if known is not None else ""
    chain = [f"twin why {typed(one)} num_vehicles_available --at {at.isoformat()}{then}" for one in station]
    return "\n".join([f"twin diff {asked} --family docks", *chain])
