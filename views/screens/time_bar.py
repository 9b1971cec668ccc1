"""The clock of every page: a slider over the data's span, an exact time, and the way back to live."""

from __future__ import annotations

from datetime import datetime, timedelta

import streamlit as st

from events.clock import now
from views import theme
from views.charts.density import density_bar
from views.i18n import age
from views.screens.player import player, stop, told
from views.state import State, change, current, hold, reader

STEP = timedelta(minutes=15)
WIDTHS = (3.3, 8.6, 3.3, 1.9)
BUSY, BINS = "docks", 168
"""The family whose observations are counted above time, and in how many bins."""

TICK_S = 1.0
_SLIDER, _EXACT, _BOUNDS = "time_slider", "time_exact", "time_bounds"


def time_bar(state: State) -> None:
    """Draw the bar; whatever is chosen takes the whole page to that instant."""
    span = reader().span()
    if span is None or span[1] - span[0] < STEP:
        return
    first, last = theme.local(span[0]), theme.local(span[1])
    shown = min(max(theme.local(state.at or span[1]), first), last)
    if st.session_state.get(_BOUNDS) != (first, last):  # with other bounds it is another slider, at its low end
        st.session_state[_BOUNDS], st.session_state[_SLIDER] = (first, last), shown
    hold(_SLIDER, shown)
    hold(_EXACT, shown.replace(second=0, microsecond=0))
    clock, slider, exact, live = st.columns(WIDTHS, vertical_alignment="center", gap="small")
    with clock:
        st.fragment(_clock, run_every=TICK_S if state.at is None else None)()
    slider.slider(
        state.say("time"),
        min_value=first,
        max_value=last,
        step=STEP,
        format="MM-DD HH:mm",
        key=_SLIDER,
        on_change=_from_slider,
        args=(last,),
        label_visibility="collapsed",
    )
    exact.datetime_input(
        state.say("time_exact"),
        format="YYYY-MM-DD",
        step=timedelta(minutes=1),
        key=_EXACT,
        on_change=_from_exact,
        label_visibility="collapsed",
        help=state.say("time_exact"),
    )
    live.button(
        f"● {state.say('live')}",
        key="go_live",
        type="primary" if state.at is None else "secondary",
        on_click=_live,
        help=state.say("live_help"),
        width="stretch",
    )

    buttons, bars, pace, incident = st.columns(WIDTHS, vertical_alignment="center", gap="small")
    player(state, span, buttons, pace, incident)
    density = reader().density(BUSY, *span, BINS)
    bars.altair_chart(density_bar(density, state.at or span[1], state.say("density")), width="stretch")
    told()


def _clock() -> None:
    """The clock; live, it follows the latest event time and tells its age."""
    state, span = current(), reader().span()
    if span is not None:
        st.html(clock_line(state, state.at or span[1]))


def clock_line(state: State, shown: datetime) -> str:
    """The clock and what it means, as HTML."""
    if state.at is None:
        colour = theme.css(theme.ACCENT)
        meaning = state.say("live_now", age=age(state.language, (now() - shown).total_seconds()))
    else:
        colour, meaning = theme.css(theme.WARM), state.say("replay_now")
    time = f'<span class="twin-time">{theme.clock(shown)}</span><span class="twin-zone">UTC+8</span>'
    return f'<div class="twin-clock">{time}</div><div class="twin-mode" style="color:{colour}">● {meaning}</div>'


def _live() -> None:
    stop()
    change(at=None, known=None)


def _from_slider(last: datetime) -> None:
    stop()
    chosen: datetime = st.session_state[_SLIDER]
    change(at=None if chosen >= last else theme.from_local(chosen))


def _from_exact() -> None:
    stop()
    chosen: datetime | None = st.session_state[_EXACT]
    change(at=None if chosen is None else theme.from_local(chosen))
