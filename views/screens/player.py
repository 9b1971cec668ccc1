"""Play, pause, step, and jump to the next incident: the page moves through event time by itself.

The page is drawn anew every `TICK_S`; each time the clock has moved on by the speed. At the end of the data it stops.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from views import theme
from views.plain import markup
from views.screens.incident_words import incident_words
from views.screens.spoken import called
from views.state import State, change, current, reader

SPEEDS = (1, 60, 600, 3600)
"""Seconds of the city in a second."""

TICK_S = 2.0
STEP = timedelta(minutes=15)
_PLAYING, _TICKED, _SPEED, _TOLD = "playing", "ticked", "play_speed", "incident_told"
_MARK = "incident_mark"
"""Time, kind and entity of the incident that was jumped to."""


def player(state: State, span: tuple[datetime, datetime], buttons: Any, pace: Any, incident: Any) -> None:
    """The buttons, each in its place, and what keeps the page moving while it plays."""
    first, last = span
    playing = bool(st.session_state.get(_PLAYING)) and state.at is not None
    back, play, on = buttons.columns(3, gap="small")
    _button(back, "step_back", ":material/skip_previous:", state.say("step_back"), _step, -STEP, first, last)
    icon, words = (":material/pause:", "pause") if playing else (":material/play_arrow:", "play")
    _button(play, "play", icon, state.say(words), _pause if playing else _play, first, last)
    _button(on, "step_on", ":material/skip_next:", state.say("step_on"), _step, STEP, first, last)
    pace.selectbox(
        state.say("speed"),
        SPEEDS,
        index=2,
        key=_SPEED,
        format_func=lambda factor: state.say("times", n=f"{factor:,}"),
        label_visibility="collapsed",
        help=state.say("speed"),
    )
    incident.button(
        state.say("next_incident"),
        key="next_incident",
        on_click=_next_incident,
        args=(last,),
        help=state.say("next_incident_help"),
        width="stretch",
    )
    if playing:
        st.fragment(_tick, run_every=TICK_S)(last)


def told() -> None:
    """What was jumped to."""
    if words := st.session_state.get(_TOLD):
        st.html(f'<div class="twin-incident">{markup(words)}</div>')


def _button(place: Any, key: str, icon: str, words: str, work: Callable[..., None], *args: object) -> None:
    called(key, words)
    place.button("", key=key, icon=icon, help=words, width="stretch", on_click=work, args=args)


def stop() -> None:
    """Stand still, and forget the incident that was jumped to: the user has chosen another instant."""
    st.session_state[_PLAYING] = False
    st.session_state[_TOLD] = None


def _tick(last: datetime) -> None:
    """Every time but the first of a drawing: move on, and draw the page anew."""
    state = current()
    if st.session_state.get(_TICKED) != state.at:
        st.session_state[_TICKED] = state.at
        return
    if state.at is None:
        return
    moved = state.at + timedelta(seconds=TICK_S * st.session_state[_SPEED])
    st.session_state[_PLAYING] = moved < last
    change(at=min(moved, last))
    st.rerun(scope="app")


def _play(first: datetime, last: datetime) -> None:
    stop()
    at = current().at
    change(at=first if at is None or at >= last else at)
    st.session_state[_PLAYING], st.session_state[_TICKED] = True, None


def _pause(*_: datetime) -> None:
    stop()


def _step(by: timedelta, first: datetime, last: datetime) -> None:
    stop()
    change(at=min(max((current().at or last) + by, first), last))


def _next_incident(last: datetime) -> None:
    """The incident behind the one that stands here, else the first after this instant; live, there is none to come."""
    state, mark = current(), st.session_state.get(_MARK)
    at = state.at or last
    seen = mark[1:] if mark is not None and mark[0] == at else None
    stop()
    found = reader().next_incident(at, state.known, seen)
    if found is None:
        st.session_state[_TOLD] = state.say("no_incident")
        return
    change(at=found["time"])
    st.session_state[_MARK] = (found["time"], found["kind"], found["entity"])
    st.session_state[_TOLD] = f"{theme.clock(found['time'])} · {incident_words(state, found)}"
