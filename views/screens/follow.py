"""A live page follows the log: drawn again when something has landed, at most half of the time.

What is drawn is marked before anything is read: what lands while a page is being drawn, seen by whichever session
refreshes first, is news to it afterwards.
"""

from __future__ import annotations

import time

import streamlit as st

from views.state import State, reader

EVERY_S = 2.0
_HEAD, _BEGAN, _ENDED = "drawn_head", "drawn_began", "drawn_ended"


def begin() -> None:
    """Mark what a page is about to draw; its first step."""
    st.session_state[_HEAD] = reader().head
    st.session_state[_BEGAN] = time.monotonic()


def follow(state: State, every_s: float = EVERY_S) -> None:
    """Draw the page again when the log has gained something, if it is live; its last step."""
    ended()
    st.fragment(_follow, run_every=every_s if is_live(state) else None)()


def ended() -> None:
    """Mark that the page is drawn."""
    st.session_state[_ENDED] = time.monotonic()


def is_live(state: State) -> bool:
    """Whether the page shows everything so far."""
    return state.at is None and state.known is None


def is_behind() -> bool:
    """Whether something landed since the page was begun, and it was let stand as long as it took to draw."""
    head: int = st.session_state[_HEAD]
    began: float = st.session_state[_BEGAN]
    ended_at: float = st.session_state.get(_ENDED, began)
    return reader().refresh() > head and time.monotonic() - ended_at >= ended_at - began


def _follow() -> None:
    if is_behind():
        st.rerun(scope="app")
