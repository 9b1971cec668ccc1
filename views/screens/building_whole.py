"""The building as a whole: key figures, storeys, devices, coverage of its model."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import streamlit as st

from views import plain, theme, usage
from views.charts.use import storey_profile
from views.i18n import kind
from views.roles import FEWEST_HOMES, Role, role
from views.screens.building_choice import Chosen
from views.screens.building_model import coloured
from views.screens.cut_note import rows
from views.screens.why import why_use
from views.state import State, reader


def whole(state: State, chosen: Chosen) -> None:
    """Tabs of what concerns the building."""
    _figures(state, chosen)
    names = [state.say("storeys"), state.say("devices"), state.say("coverage")]
    storeys, devices, coverage, *looks = st.tabs(names + [state.say("looks")] * (role() is Role.MANAGER))
    if looks:
        looks[0].dataframe(_looks(state, chosen), hide_index=True, width="stretch")
    with storeys:
        _storeys(state, chosen)
    devices.dataframe(_devices(state, chosen), hide_index=True, width="stretch", height=380)
    with coverage:
        _coverage(state, chosen)


def _figures(state: State, chosen: Chosen) -> None:
    medium = "electricity" if chosen.quantity == "age" else chosen.quantity
    meters = chosen.use.filter(pl.col("medium") == medium)
    homes = meters.filter(pl.col("dwelling_id").is_not_null())
    common = meters.filter(pl.col("dwelling_id").is_null())
    unit = meters["unit"][0] if meters.height else ""
    counted = homes["used"].count()
    first, second = st.columns(2, gap="small")
    note = state.say("homes_counted", n=counted)
    total = float(homes["used"].sum()) if counted and not _tells_too_much(homes) else None
    label = f"{state.say('total_homes')} · {state.say(medium)} · {state.say('last_24h')}"
    with first:
        st.metric(label, theme.quantity(total, unit), note, delta_color="off", delta_arrow="off")
        why_use(state, "homes_here", "why_used_here", chosen.at, lambda: homes)
    shared = float(common["used"].sum()) if common["used"].count() else None
    homes_here, floors = chosen.building["dwellings"], chosen.building["storeys"]
    note = f"{state.say('dwellings')} {homes_here:,} · {state.say('storeys')} {floors}"
    with second:
        st.metric(state.say("common_part"), theme.quantity(shared, unit), note, delta_color="off", delta_arrow="off")
        why_use(state, "common", "why_used_here", chosen.at, lambda: common)


def _tells_too_much(homes: pl.DataFrame) -> bool:
    """Whether a planner could tell fewer homes than allowed from the total: by itself, or less the storeys shown."""
    counted = homes.group_by("storey_id").agg(n=pl.col("used").count())
    left_out = counted.filter(pl.col("n") < FEWEST_HOMES)["n"].sum()
    return role() is Role.PLANNER and (homes["used"].count() < FEWEST_HOMES or 0 < left_out < FEWEST_HOMES)


def _storeys(state: State, chosen: Chosen) -> None:
    medium = "electricity" if chosen.quantity == "age" else chosen.quantity
    _, of = coloured(chosen)
    names = chosen.storeys.select("storey_id", "name", "order").unique("storey_id")
    use = usage.by_storey(chosen.use, medium).join(names, "storey_id")
    if role() is Role.PLANNER:
        use = use.filter(pl.col("homes") >= FEWEST_HOMES)
    if not use["homes"].sum():
        st.caption(state.say("no_reading"))
        return
    unit = chosen.use.filter(pl.col("medium") == medium)["unit"]
    scale = of if chosen.quantity == medium else theme.scale_of(use["per_home"].to_list(), unit[0] if len(unit) else "")
    st.caption(f"{state.say('per_storey')} · {state.say('use_long', what=state.say(medium))}")
    st.altair_chart(storey_profile(use, scale, (state.say("per_home"), state.say("dwellings"))), width="stretch")


def _looks(state: State, chosen: Chosen) -> pl.DataFrame:
    """Who looked at single dwellings of this building."""
    names = chosen.dwellings.select("dwelling_id", "name").unique("dwelling_id")
    told = reader().looks(chosen.building["building_id"]).join(names, "dwelling_id", how="left", maintain_order="left")
    return told.select(
        pl.col("time").map_elements(theme.clock, return_dtype=pl.String).alias(state.say("time")),
        pl.col("operator").alias(state.say("operator")),
        pl.coalesce("name", "dwelling_id").alias(state.say("dwelling")),
    )


def _devices(state: State, chosen: Chosen) -> pl.DataFrame:
    """Devices by kind, and how many of them report."""
    devices = reader().devices(chosen.building["building_id"], state.at, state.known)
    reporting = devices.join(chosen.use.select("point_id", "age_h"), "point_id", how="left")
    fresh = (pl.col("age_h") <= theme.hours(usage.FRESH)).sum()
    counts = reporting.group_by("kind").agg(
        n=pl.col("device_id").n_unique(), points=pl.col("point_id").count(), fresh=fresh
    )
    words = {k: kind(state.language, k) for k in counts["kind"].to_list()}
    return counts.sort("n", descending=True).select(
        pl.col("kind").replace(words).alias(state.say("kind")),
        pl.col("n").alias(state.say("devices")),
        pl.col("points").alias(state.say("point")),
        pl.col("fresh").alias(state.say("reporting")),
    )


def _coverage(state: State, chosen: Chosen) -> None:
    building = chosen.building
    report: dict[str, Any] = json.loads(building["coverage"])
    facts = {
        state.say("published"): theme.clock(building["time"]),
        state.say("schema"): building["schema"],
        state.say("crs"): building["crs"] or theme.DASH,
        state.say("elements"): f"{building['elements']:,}",
        "SHA-256": building["sha256"][:16] + "…",
    }
    st.html(rows(facts))
    classes = pl.DataFrame(
        [(c["ifc_class"], c["wanted"], c["got"]) for c in report.get("geometry", [])],
        schema={
            state.say("coverage_class"): pl.String,
            state.say("coverage_wanted"): pl.Int64,
            state.say("coverage_got"): pl.Int64,
        },
        orient="row",
    )
    st.caption(state.say("coverage_geometry"))
    st.dataframe(classes, hide_index=True, width="stretch", height=240)
    for note in [*report.get("incidents", []), *report.get("georeference", {}).get("notes", [])]:
        st.html(plain.note("warning", note))
