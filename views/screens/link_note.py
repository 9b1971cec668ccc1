"""What the address named and does not exist, told above the page."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

import streamlit as st

from events.clock import parse_time
from events.errors import UsageError
from views import theme
from views.plain import note
from views.state import State, reader

NAMED = {
    "community": "community",
    "building": "building",
    "dwelling": "dwelling",
    "quantity": "quantity",
    "layers": "layers",
    "lang": "language",
    "t": "time",
    "k": "as_known",
    "days": "window_days",
    "dispatch": "dispatch",
    "kwp": "pv_kwp",
    "tilt": "pv_tilt",
    "azimuth": "pv_azimuth",
    "kwh": "battery_kwh",
    "kw": "battery_kw",
}
"""Parameter of an address -> key of the words for what it names."""

MOST = 8
"""Lines about one address: a long one is no reason to fill the page."""


def link_note(state: State, pages: list[str]) -> None:
    """A line for each thing that was named in vain; `pages` are the paths there are."""
    asked = urlsplit(st.context.url or "").path.rstrip("/").rpartition("/")[2]
    if asked and asked not in pages:
        st.html(note("warning", state.say("link_strange", what=state.say("link_page"), value=asked)))
    for name, value in state.strange[:MOST]:
        st.html(note("warning", _line(state, name, value)))


def _line(state: State, name: str, value: str) -> str:
    span = reader().span()
    if name == "k" and value.isdecimal():
        return state.say("link_beyond", value=value, head=f"{reader().head:,}")
    if name == "t" and span is not None and (moment := _instant(value)):
        first, last = (theme.clock(end) for end in span)
        return state.say("link_outside", value=theme.clock(moment), first=first, last=last)
    what = state.say(NAMED[name]) if name in NAMED else state.say("link_parameter", name=name)
    return state.say("link_strange", what=what, value=value)


def _instant(words: str) -> datetime | None:
    try:
        return parse_time(words)
    except UsageError:
        return None
