"""One dwelling: its meters' readings over three days, and its devices. By key, never by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import streamlit as st

from views import theme, usage
from views.charts.use import interval_use
from views.i18n import kind
from views.screens.building_choice import Chosen
from views.screens.cut_note import rows
from views.screens.why import why_meter
from views.state import State, change, hold, reader

_CHOICE = "dwelling_choice"
HISTORY = timedelta(days=3)
EVERY = timedelta(hours=1)


def dwelling_choice(state: State, chosen: Chosen) -> str | None:
    """The list of dwellings; the one that is chosen here or in the model."""
    names = {
        r["dwelling_id"]: _label(r)
        for r in chosen.dwellings.unique("dwelling_id", maintain_order=True).iter_rows(named=True)
    }
    picked = state.dwelling if state.dwelling in names else None
    hold(_CHOICE, picked or "")
    st.selectbox(
        state.say("dwelling"),
        ["", *names],
        format_func=lambda key: names[key] if key else f"{state.say('dwelling')} {state.say('all_dwellings')}",
        key=_CHOICE,
        on_change=lambda: change(dwelling=st.session_state[_CHOICE] or None),
        label_visibility="collapsed",
        help=state.say("pick_hint"),
    )
    return picked


def dwelling(state: State, chosen: Chosen, dwelling_id: str) -> None:
    """Facts, charts of each meter, devices."""
    home = chosen.dwellings.filter(pl.col("dwelling_id") == dwelling_id).row(0, named=True)
    facts = {
        state.say("storey"): home["storey"] or theme.DASH,
        state.say("type"): home["dwelling_type"] or theme.DASH,
        state.say("area"): theme.quantity(home["area_m2"], "m²"),
    }
    st.html(rows(facts))
    use = chosen.use.filter(pl.col("dwelling_id") == dwelling_id)
    for medium in usage.MEDIA:
        for meter in use.filter(pl.col("medium") == medium).iter_rows(named=True):
            _meter(state, chosen, meter)
    if not use.height:
        st.info(state.say("no_reading"))
    st.caption(state.say("devices"))
    st.dataframe(_devices(state, chosen, dwelling_id), hide_index=True, width="stretch")
    st.caption(state.say("manager_view"))


def _meter(state: State, chosen: Chosen, meter: dict[str, Any]) -> None:
    """Last 24 hours as a figure, three days as bars."""
    stretch = (chosen.at - HISTORY, chosen.at)
    use = reader().register_use((meter["point_id"], meter["unit"]), stretch, state.known, EVERY)
    last = theme.clock(meter["time"]) if meter["time"] else state.say("no_reading")
    head = f"{state.say(meter['medium'])} · {state.say('last_24h')}"
    note = f"{state.say('register')} {theme.quantity(meter['value'], meter['unit'])}"
    figure, chart = st.columns([1, 1.7], gap="small", vertical_alignment="center")
    with figure:
        st.metric(
            head,
            theme.quantity(meter["used"], meter["unit"]),
            note,
            delta_color="off",
            delta_arrow="off",
            help=f"{state.say('last_reading')} {last}",
        )
        why_meter(state, meter["medium"], meter["point_id"], meter["unit"], meter["time"] or chosen.at)
    if use.height:
        words = (state.say("measured_value"), state.say("interpolated"), state.say("estimated"))
        titles = (state.say("step_h"), *words)
        chart.altair_chart(interval_use(use, meter["medium"], meter["unit"], titles), width="stretch")


def _devices(state: State, chosen: Chosen, dwelling_id: str) -> pl.DataFrame:
    devices = reader().devices(chosen.building["building_id"], state.at, state.known)
    own = devices.filter(pl.col("dwelling_id") == dwelling_id).sort("kind")
    words = {k: kind(state.language, k) for k in own["kind"].unique().to_list()}
    return own.select(
        pl.col("kind").replace(words).alias(state.say("kind")),
        pl.col("serial").alias(state.say("serial")),
        pl.col("point_id").alias(state.say("point")),
    )


def _label(home: dict[str, Any]) -> str:
    return " · ".join(word for word in (home["name"] or home["dwelling_id"], home["dwelling_type"]) if word)
