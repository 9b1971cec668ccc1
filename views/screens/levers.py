"""The what-if page's levers: a form that yields a scenario's tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

import polars as pl
import streamlit as st

from replay.load import FEWEST_HOMES
from views.i18n import named
from views.link import DAYS, DISPATCHES, LEVERS
from views.state import State, change, current, hold, reader


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
        days = _days(state)
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


def _days(state: State) -> int:
    hold("what_if_days", state.settings.days)
    st.segmented_control(
        state.say("window_days"),
        DAYS,
        key="what_if_days",
        on_change=lambda: _settle(days=st.session_state["what_if_days"] or DAYS[-1]),
    )
    return state.settings.days


def _slider(state: State, place: Any, name: str, words: str) -> float:
    """A lever that stands where the state says."""
    lever = LEVERS[name]
    hold(words, getattr(state.settings, name))
    place.slider(
        state.say(words),
        lever.low,
        lever.high,
        step=lever.step,
        key=words,
        on_change=lambda: _settle(**{name: st.session_state[words]}),
    )
    return float(getattr(state.settings, name))


def _settle(**settings: Any) -> None:
    change(settings=replace(current().settings, **settings))


def _array(state: State) -> list[dict[str, Any]]:
    kwp = _slider(state, st, "kwp", "pv_kwp")
    tilt_at, azimuth_at = st.columns(2, gap="medium")
    tilt, azimuth = _slider(state, tilt_at, "tilt", "pv_tilt"), _slider(state, azimuth_at, "azimuth", "pv_azimuth")
    array = {"type": "rooftop_pv", "kwp": kwp, "tilt": tilt, "azimuth": azimuth}
    return [array] if kwp else []


def _battery(state: State) -> list[dict[str, Any]]:
    kwh_at, kw_at = st.columns(2, gap="medium")
    kwh, kw = _slider(state, kwh_at, "kwh", "battery_kwh"), _slider(state, kw_at, "kw", "battery_kw")
    hold("dispatch", state.settings.dispatch)
    st.segmented_control(
        state.say("dispatch"),
        DISPATCHES,
        format_func=state.say,
        key="dispatch",
        on_change=lambda: _settle(dispatch=st.session_state["dispatch"] or state.settings.dispatch),
    )
    battery = {"type": "battery", "kwh": kwh, "kw": kw, "dispatch": state.settings.dispatch}
    return [battery] if kwh else []


def _community() -> None:
    change(community=st.session_state["what_if_community"])
