"""Which building the manager looks at, and by which quantity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
import streamlit as st

from bim.model import BuildingModel
from views import outlines
from views.i18n import named
from views.link import QUANTITIES
from views.state import State, change, hold, reader


@dataclass(frozen=True)
class Chosen:
    """The building that is looked at, its site, model, drawable tables, and the instant.

    `use` are the building's rows of `views.usage.meter_use`; storeys, dwellings and commons as in `views.outlines`.
    """

    site: dict[str, Any]
    building: dict[str, Any]
    model: BuildingModel
    storeys: pl.DataFrame
    dwellings: pl.DataFrame
    commons: pl.DataFrame
    use: pl.DataFrame
    at: datetime
    quantity: str


def choose(state: State) -> Chosen | None:
    """The selectors; None when there is no building model yet."""
    communities, buildings = reader().register(state.at, state.known)
    span = reader().span()
    if not buildings.height or span is None:
        return None
    community, building = _places(state, communities, buildings)
    site = communities.filter(pl.col("community_id") == community).row(0, named=True)
    row = buildings.filter(pl.col("building_id") == building).row(0, named=True)
    model, place, at = reader().model(row["sha256"]), (site["longitude"], site["latitude"]), state.at or span[1]
    use = reader().use(at, state.known).filter(pl.col("building_id") == building)
    quantity = state.quantity if state.quantity in QUANTITIES else QUANTITIES[0]
    drawn = (outlines.storeys(model, place), outlines.dwellings(model, place), outlines.commons(model, place))
    return Chosen(site, row, model, *drawn, use, at, quantity)


def _places(state: State, communities: pl.DataFrame, buildings: pl.DataFrame) -> tuple[str, str]:
    """The community and building selectors; the address's words when they exist then, else the first."""
    names = {
        r["community_id"]: named(state.language, r["name"], r["name_en"])
        for r in communities.filter(pl.col("community_id").is_in(buildings["community_id"].to_list()))
        .sort("district", "name")
        .iter_rows(named=True)
    }
    asked = buildings.filter(pl.col("building_id") == (state.building or ""))
    community = (
        asked["community_id"][0] if asked.height else state.community if state.community in names else next(iter(names))
    )
    of_community = buildings.filter(pl.col("community_id") == community).sort(pl.col("dwellings") == 0, "name")
    towers = dict(of_community.select("building_id", "name").iter_rows())
    building = state.building if state.building in towers else next(iter(towers))
    left, right = st.columns([1.5, 1], gap="small")
    hold("community_choice", community)
    hold("building_choice", building)
    left.selectbox(
        state.say("community"),
        list(names),
        format_func=names.__getitem__,
        key="community_choice",
        on_change=_community,
        label_visibility="collapsed",
    )
    right.selectbox(
        state.say("building"),
        list(towers),
        format_func=towers.__getitem__,
        key="building_choice",
        on_change=_building,
        label_visibility="collapsed",
    )
    return str(community), str(building)


def _community() -> None:
    change(community=st.session_state["community_choice"], building=None, dwelling=None)


def _building() -> None:
    change(building=st.session_state["building_choice"], dwelling=None)
