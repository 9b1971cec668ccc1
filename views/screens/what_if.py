"""The what-if page: a scenario's levers, run, baseline beside scenario."""

from __future__ import annotations

from typing import Any

import streamlit as st

from events.errors import TwinError
from replay.result import Result
from views.plain import note
from views.screens.answer import answer, provenance
from views.screens.levers import Levers, levers
from views.screens.time_bar import time_bar
from views.state import State, current, reader

_RESULT, _ASKED = "what_if_result", "what_if_asked"


def page() -> None:
    """Draw the page for the session's state."""
    state = current()
    time_bar(state)
    left, right = st.columns([1, 2.7], gap="medium")
    with left:
        asked = levers(state)
        result: Result | None = st.session_state.get(_RESULT)
        if asked is None:
            return
        if asked.run or (result is None and _ASKED not in st.session_state):
            result = _run(state, asked)
        if result is not None:
            with st.popover(state.say("provenance"), width="stretch"):
                provenance(state, result)
            _keep(state, result)
    with right:
        st.caption(state.say("what_if_about"))
        if result is not None:
            if st.session_state.get(_ASKED) != question(asked):
                st.warning(state.say("stale"))
            answer(state, result)
        else:
            st.info(state.say("press_run"))


def question(asked: Levers) -> dict[str, Any]:
    """What was asked, whatever the language of its title."""
    return {key: value for key, value in asked.tables.items() if key != "title"}


def _run(state: State, asked: Levers) -> Result | None:
    """Run what was asked; what cannot be answered is said and leaves no result."""
    st.session_state[_ASKED] = question(asked)
    st.session_state.pop(_RESULT, None)
    try:
        with st.spinner(state.say("running")):
            result = reader().what_if(asked.tables)
    except TwinError as error:
        st.html(note("warning", state.say("cannot", why=str(error))))
        return None
    st.session_state[_RESULT] = result
    return result


def _keep(state: State, result: Result) -> None:
    """Keep the scenario and its run in the log, when asked to."""
    if st.button(state.say("keep"), width="stretch", key="keep_what_if"):
        reader().keep(result)
        st.html(note("success", state.say("kept", id=result.scenario_id)))
