"""The what-if page's levers: a form that yields a scenario's tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import Any

import polars as pl
import streamlit as st

from replay.load import FEWEST_HOMES
from views.i18n import named
from views.state import State, change, hold, reader

DAYS = (1, 2, 3, 6)


@dataclass(frozen=True)
class Levers:
    """What was asked: the scenario as its file's tables (`replay.scenario`), and whether to run it now."""

    tables: dict[str, Any]
    run: bool


def levers(state: State) -> Levers | None:
    """The form; None while no community has enough metered homes."""
    names = _communities(state)
    if not names:
        st.info(state.say("no_communities"))
        return None
    chosen = state.community if state.community in names else next(iter(names))
    hold("what_if_community", chosen)
    with st.container(border=True):
        st.selectbox(
            state.say("community"),
            list(names),
            format_func=names.__getitem__,
            key="what_if_community",
            on_change=_community,
        )
        days = st.segmented_control(state.say("window_days"), DAYS, default=DAYS[-1], key="what_if_days") or DAYS[-1]
        array, battery = _array(state), _battery(state)
        run = st.button(state.say("run"), type="primary", width="stretch", key="run_what_if")
    at = "latest" if state.at is None else state.at.astimezone(UTC)
    base = {"at": at} | ({} if state.known is None else {"known": state.known})
    tables = {
        "title": f"{names[chosen]}: {state.say('pv')}, {state.say('battery')}",
        "community": chosen,
        "base": base,
        "window": {"start": f"-{days}d", "end": "0d"},
        "intervention": [*array, *battery],
    }
    return Levers(tables, bool(run))


def _communities(state: State) -> dict[str, str]:
    """Communities with buildings of enough homes, by id."""
    communities, buildings = reader().register(state.at, state.known)
    homes = buildings.group_by("community_id").agg(homes=pl.col("dwellings").sum())
    enough = communities.join(homes.filter(pl.col("homes") >= FEWEST_HOMES), "community_id").sort("district", "name")
    return {r["community_id"]: named(state.language, r["name"], r["name_en"]) for r in enough.iter_rows(named=True)}


def _array(state: State) -> list[dict[str, Any]]:
    kwp = st.slider(state.say("pv_kwp"), 0, 1000, 400, 10, key="pv_kwp")
    tilt_at, azimuth_at = st.columns(2, gap="medium")
    tilt = tilt_at.slider(state.say("pv_tilt"), 0, 60, 10, 1, key="pv_tilt")
    azimuth = azimuth_at.slider(state.say("pv_azimuth"), 0, 355, 180, 5, key="pv_azimuth")
    array = {"type": "rooftop_pv", "kwp": float(kwp), "tilt": float(tilt), "azimuth": float(azimuth)}
    return [array] if kwp else []


def _battery(state: State) -> list[dict[str, Any]]:
    kwh_at, kw_at = st.columns(2, gap="medium")
    kwh = kwh_at.slider(state.say("battery_kwh"), 0, 2000, 600, 20, key="battery_kwh")
    kw = kw_at.slider(state.say("battery_kw"), 10, 500, 150, 10, key="battery_kw")
    dispatch = st.segmented_control(
        state.say("dispatch"), ("greedy", "peak_shave"), default="peak_shave", format_func=state.say, key="dispatch"
    )
    battery = {"type": "battery", "kwh": float(kwh), "kw": float(kw), "dispatch": dispatch or "peak_shave"}
    return [battery] if kwh else []


def _community() -> None:
    change(community=st.session_state["what_if_community"])
