"""The URL is the state: what a session looks at, kept in its address so that a link reopens the same view.

t          the instant, RFC 3339; absent: live
k          log position as known; absent: everything
lang       en; absent: zh-TW
community, building, dwelling, quantity   what is chosen
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import streamlit as st

from events.clock import parse_time
from events.errors import UsageError
from views.data import Reader
from views.i18n import Language, text

_KEY = "state"
_PLACES = ("community", "building", "dwelling", "quantity")


@dataclass(frozen=True)
class State:
    """What a session looks at; None: live, everything known, nothing chosen."""

    language: Language = "zh-TW"
    at: datetime | None = None
    known: int | None = None
    community: str | None = None
    building: str | None = None
    dwelling: str | None = None
    quantity: str | None = None

    def say(self, key: str, **values: object) -> str:
        """Words in the session's language."""
        return text(self.language, key, **values)


@st.cache_resource(show_spinner=False)
def _reader(directory: str) -> Reader:
    return Reader(Path(directory))


def reader() -> Reader:
    """The one reader of this server's city (environment variable TWIN_CITY)."""
    return _reader(os.environ.get("TWIN_CITY", "city"))


def current() -> State:
    """What this session looks at: at its beginning, what its address says."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = from_query(dict(st.query_params))
    held: State = st.session_state[_KEY]
    return held


def change(**values: Any) -> None:
    """Look at something else from now on."""
    st.session_state[_KEY] = replace(current(), **values)


def hold(key: str, value: Any) -> None:
    """Let a widget show what the state says; left alone where it does already, or it would fight the user's hand."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def publish() -> None:
    """Write the state into the address, unless it is there already."""
    wanted = to_query(current())
    if dict(st.query_params) != wanted:
        st.query_params.from_dict(wanted)


def from_query(query: dict[str, str]) -> State:
    """The state that an address names; words that make no sense are passed over."""
    known = query.get("k", "")
    return State(
        "en" if query.get("lang") == "en" else "zh-TW",
        _instant(query.get("t")),
        int(known[:18]) if known.isdecimal() else None,
        **{place: query.get(place) or None for place in _PLACES},
    )


def to_query(state: State) -> dict[str, str]:
    """The address's part that names a state: only what differs from the default."""
    query: dict[str, str] = {"lang": state.language} if state.language != State().language else {}
    if state.at is not None:
        query["t"] = rfc3339(state.at)
    if state.known is not None:
        query["k"] = str(state.known)
    chosen = {f.name: getattr(state, f.name) for f in fields(state) if f.name in _PLACES}
    return query | {name: value for name, value in chosen.items() if value}


def rfc3339(moment: datetime) -> str:
    """An instant in UTC, as addresses and the command line take it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _instant(words: str | None) -> datetime | None:
    try:
        return parse_time(words) if words else None
    except UsageError:
        return None
