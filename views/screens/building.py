"""The building page: storeys and dwellings in 3D by a chosen quantity, and what a manager asks of them."""

from __future__ import annotations

import polars as pl
import streamlit as st

from views import theme, usage
from views.roles import Role, operator, role
from views.screens.building_choice import Chosen, choose
from views.screens.building_model import building_model
from views.screens.building_whole import whole
from views.screens.cut_note import cut_note
from views.screens.dwelling import dwelling, dwelling_choice
from views.screens.time_bar import time_bar
from views.state import State, current, reader


def page() -> None:
    """Draw the page for the session's state."""
    state = current()
    time_bar(state)
    left, right = st.columns([1.75, 1], gap="medium")
    with left:
        chosen = choose(state)
        if chosen is None:
            st.info(state.say("no_models"))
            return
        building_model(state, chosen)
    with right:
        _note(state, chosen)
        picked = dwelling_choice(state, chosen) if role() is Role.MANAGER else None
        if picked:
            reader().viewed(chosen.building["building_id"], picked, operator())
            dwelling(state, chosen, picked)
        else:
            whole(state, chosen)


def _note(state: State, chosen: Chosen) -> None:
    known = state.known if state.known is not None else reader().head
    last = chosen.use.filter(pl.col("time").is_not_null())
    silent = chosen.use.height - last.filter(pl.col("age_h") <= theme.hours(usage.FRESH)).height
    cut_note(state, chosen.at, known, usage.quality(chosen.use), silent)
