"""The city page: the whole city at any instant, and live."""

from __future__ import annotations

import streamlit as st

from views.link import LAYERS
from views.screens.city_map import city_map
from views.screens.city_panel import city_panel
from views.screens.cut_note import cut_note
from views.screens.figures import figures
from views.screens.follow import begin, ended, is_behind, is_live
from views.screens.time_bar import time_bar
from views.snapshot import Snapshot
from views.state import State, change, current, hold, reader

EVERY_S = 1.0
"""How often the live page asks the log for more."""


def page() -> None:
    """Draw the page for the session's state."""
    state = current()
    begin()
    shown = reader().snapshot(state.at, state.known)
    if shown is None:
        st.info(state.say("no_data"))
        st.code("twin demo\ntwin ingest --city DIR --files youbike:FILE", language="shell")
        return
    time_bar(state)
    st.fragment(_numbers, run_every=EVERY_S if is_live(state) else None)()
    left, right = st.columns([2.55, 1], gap="medium")
    with right:
        drawn = _tools(state, shown)
        city_panel(state, shown)
    with left:
        city_map(state, shown, drawn)
    ended()


def _numbers() -> None:
    """The figures; live, they follow the log by themselves, and the map follows when something came."""
    state, read = current(), reader()
    behind = is_live(state) and is_behind()
    shown = read.snapshot(state.at, state.known)
    if shown is not None:
        figures(state, shown)
    if behind:
        st.rerun(scope="app")


def _tools(state: State, shown: Snapshot) -> list[str]:
    """The cut and the layers, each a click away; the layers that are drawn."""
    cut, layers = st.columns([2.1, 1], gap="small")
    with cut:
        cut_note(state, shown.at, shown.known, shown.quality, shown.silent)
    with layers, st.popover(state.say("layers"), width="stretch"):
        return _layers(state)


def _layers(state: State) -> list[str]:
    hold("layers", list(state.layers))
    chosen = st.pills(
        state.say("layers"),
        LAYERS,
        selection_mode="multi",
        format_func=lambda name: state.say(f"layer_{name}"),
        key="layers",
        on_change=_drawn,
        label_visibility="collapsed",
    )
    return list(chosen)


def _drawn() -> None:
    change(layers=tuple(name for name in LAYERS if name in st.session_state["layers"]))
