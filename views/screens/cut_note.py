"""One click from any number: the cut it was taken at, and how much of it was measured."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from views import theme
from views.plain import markup
from views.state import State, change, hold, reader
from views.usage import Quality

_KNOWN = "known_input"


def cut_note(state: State, shown: datetime, known: int, quality: Quality, silent: int) -> None:
    """A popover: as of, as known, of which meters and homes use is told and how much of it was measured, and a way to
    look as known at an earlier position."""
    share = theme.quantity(quality.share, "1")
    counted = state.say("of_all", n=theme.number(quality.counted), total=theme.number(quality.meters))
    homes = state.say("of_all", n=theme.number(quality.homes_counted), total=theme.number(quality.homes))
    with st.popover(f"{state.say('cut')} · {state.say('measured')} {share}", width="stretch"):
        st.html(
            rows(
                {
                    state.say("as_of"): f"{theme.clock(shown)} UTC+8",
                    state.say("as_known"): f"{known:,} / {reader().head:,}",
                    state.say("measured_meters"): share,
                    state.say("counted_meters"): counted,
                    state.say("counted_homes"): homes,
                    state.say("estimated_meters"): theme.number(quality.counted - quality.measured),
                    state.say("silent_meters"): theme.number(silent),
                }
            )
        )
        hold(_KNOWN, state.known or 0)
        st.number_input(
            state.say("as_known"),
            min_value=0,
            max_value=max(reader().head, state.known or 0),
            key=_KNOWN,
            on_change=_know,
            help=state.say("as_known_help"),
        )
        st.caption(state.say("link_help"))


def rows(facts: dict[str, str]) -> str:
    """Names and values, which are text, as an HTML table."""
    cells = "".join(f"<tr><td>{markup(name)}</td><td>{markup(value)}</td></tr>" for name, value in facts.items())
    return f'<table class="twin-facts">{cells}</table>'


def _know() -> None:
    change(known=int(st.session_state[_KNOWN]) or None)
