"""The city's key figures, each with its unit, as cards."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import polars as pl
import streamlit as st

from views import theme
from views.layers.traffic import vehicle
from views.screens.why import why_rows, why_use
from views.snapshot import Snapshot
from views.state import State, reader
from views.usage import MEDIA, of_communities

DONE = "已完工"
BUS = "bus"


def figures(state: State, shown: Snapshot) -> None:
    """Six cards in a row."""
    cards = [_homes(state, shown), *(_used(state, shown, m) for m in MEDIA)]
    cards += [_bikes(state, shown), _buses(state, shown)]
    reasons: list[Callable[[State, Snapshot], None]] = [
        _why_homes, *(partial(_why_used, medium=m) for m in MEDIA), _why_bikes, _why_buses
    ]  # fmt: skip
    for column, (label, value, note), reason in zip(st.columns(len(cards), gap="small"), cards, reasons, strict=True):
        with column:
            st.metric(label, value, note, delta_color="off", delta_arrow="off", border=False)
            reason(state, shown)


Card = tuple[str, str, str]
"""Label, value with its unit, and a note beneath."""


def _homes(state: State, shown: Snapshot) -> Card:
    total = _sum(shown.sites["households"])
    told = shown.sites["status"].null_count() < shown.sites.height
    done = int(shown.sites.filter(pl.col("status") == DONE)["households"].sum()) if told else None
    note = state.say("homes_sub", done=theme.number(done), sites=theme.number(shown.sites.height or None))
    return state.say("homes"), theme.quantity(total, "戶" if state.language != "en" else "homes"), note


def _used(state: State, shown: Snapshot, medium: str) -> Card:
    used, homes = shown.used(medium)
    unit = {"electricity": "kWh"}.get(medium, "m3")
    each = theme.quantity(None if used is None else used / homes, unit)
    note = state.say("per_home_sub", value=each, homes=theme.number(homes))
    return f"{state.say(medium)} · {state.say('last_24h')}", theme.quantity(used, unit), note


def _bikes(state: State, shown: Snapshot) -> Card:
    live = shown.stations.filter("live")
    docks, bikes = _sum(live["num_docks_available"]), _sum(live["num_vehicles_available"])
    note = state.say("bikes_sub", docks=theme.number(docks), stations=theme.number(live.height))
    if stale := shown.stations.height - live.height:
        note += " · " + state.say("bikes_stale", n=theme.number(stale))
    return state.say("bikes"), theme.quantity(bikes, "輛" if state.language != "en" else "bikes"), note


def _buses(state: State, shown: Snapshot) -> Card:
    unit = "輛" if state.language != "en" else "buses"
    counts = dict(shown.vehicles.group_by("kind").len().iter_rows())
    others = [kind for kind in theme.VEHICLES if kind != BUS and kind in counts]
    told = [f"{vehicle(state.language, kind)} {theme.number(counts[kind])}" for kind in others]
    buses = counts.get(BUS, 0) if counts else None
    return state.say("buses"), theme.quantity(buses, unit), " · ".join([state.say("buses_sub"), *told])


def _sum(values: pl.Series) -> int | None:
    """Sum of what is known, None where nothing is."""
    return int(values.sum()) if values.count() else None


def _why_homes(state: State, shown: Snapshot) -> None:
    why_rows(state, "homes", "why_homes", "communities", shown.at)


def _why_used(state: State, shown: Snapshot, medium: str) -> None:
    def meters() -> pl.DataFrame:
        return of_communities(reader().use(shown.at, state.known), medium)

    why_use(state, medium, "why_used", shown.at, meters)


def _why_bikes(state: State, shown: Snapshot) -> None:
    why_rows(state, "bikes", "why_bikes", "docks", shown.at)


def _why_buses(state: State, shown: Snapshot) -> None:
    why_rows(state, "buses", "why_buses", "positions", shown.at)
