"""The URL is the state: what a session looks at, kept in its address (`views.link`)."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from events.errors import TwinError
from views.data import Reader
from views.link import State, from_query, rfc3339, to_query, without

__all__ = ["State", "change", "current", "from_query", "hold", "publish", "reader", "rfc3339", "to_query"]

_KEY = "state"


@st.cache_resource(show_spinner=False)
def _reader(directory: str) -> Reader:
    return Reader(Path(directory))


def reader() -> Reader:
    """The one reader of this server's city (environment variable TWIN_CITY)."""
    return _reader(os.environ.get("TWIN_CITY", "city"))


def current() -> State:
    """What this session looks at: at its beginning, what its address says and the city has."""
    if _KEY not in st.session_state:
        asked = from_query(dict(st.query_params))
        try:
            st.session_state[_KEY] = there(asked, reader())
        except TwinError:  # the page says what is amiss with the city
            return asked
    held: State = st.session_state[_KEY]
    return held


def change(**values: Any) -> None:
    """Look at something else from now on."""
    st.session_state[_KEY] = replace(current(), **{"strange": (), **values})


def hold(key: str, value: Any) -> None:
    """Let a widget show what the state says; left alone where it does already, or it would fight the user's hand."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def publish() -> None:
    """Write the state into the address, unless it is there already."""
    wanted = to_query(current())
    if dict(st.query_params) != wanted:
        st.query_params.from_dict(wanted)


def there(state: State, read: Reader) -> State:
    """The state without what the city does not have: positions beyond its log, instants outside its data, places."""
    if state.known is not None and state.known > read.refresh():
        state = without(state, "k", "known")
    span = read.span()
    if state.at is not None and (span is None or not span[0] <= state.at <= span[1]):
        outside = ("t", rfc3339(state.at))
        state = replace(state, strange=(*state.strange, outside))
    communities, buildings = read.register(state.at, state.known)
    if state.community is not None and state.community not in communities["community_id"]:
        state = without(state, "community", "community")
    if state.building is not None and state.building not in buildings["building_id"]:
        state = without(state, "building", "building")
    if state.dwelling is not None and state.building is not None:
        model = read.model(buildings.filter(pl.col("building_id") == state.building)["sha256"][0])
        if state.dwelling not in model.dwellings["dwelling_id"]:
            state = without(state, "dwelling", "dwelling")
    return state
