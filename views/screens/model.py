"""The model page: what a revision changed, in 3D and as a table; what the file lacked; whether it passes."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import streamlit as st

from views import coverage, plain, theme
from views.screens.building_choice import Chosen, choose
from views.screens.cut_note import rows
from views.screens.model_changes import model_changes
from views.screens.time_bar import time_bar
from views.state import State, current, reader

MIB = 1 << 20


def page() -> None:
    """Draw the page for the session's state."""
    state = current()
    time_bar(state)
    left, right = st.columns([1.75, 1], gap="medium")
    with left:
        chosen = choose(state)
        if chosen is None:
            st.info(state.say("no_models"))
            return
        revisions = reader().revisions(chosen.building["building_id"], state.at, state.known)
        model_changes(state, chosen, revisions)
    with right:
        report: dict[str, Any] = json.loads(chosen.building["coverage"])
        checks = reader().checks(chosen.building["building_id"], state.at, state.known)
        facts = _facts(state, chosen, report)
        _forward(state, chosen, facts, report, checks)
        checked, covered, history = st.tabs([state.say("checks"), state.say("coverage"), state.say("revisions")])
        with checked:
            _checks(state, chosen, checks)
        with covered:
            _coverage(state, facts, report)
        history.dataframe(_history(state, revisions), hide_index=True, width="stretch")


def _facts(state: State, chosen: Chosen, report: dict[str, Any]) -> dict[str, str]:
    building, phases = chosen.building, report.get("phases", [])
    connected = report.get("ways", {}).get("connected_share")
    peak = report.get("peak_bytes")
    return {
        state.say("schema"): building["schema"],
        state.say("crs"): building["crs"] or theme.DASH,
        state.say("georeference"): report.get("georeference", {}).get("status", theme.DASH),
        state.say("length_unit"): report.get("length_unit", theme.DASH),
        state.say("elements"): theme.number(building["elements"]),
        state.say("dwellings"): theme.number(building["dwellings"]),
        state.say("dangling"): theme.number(report.get("dangling", 0)),
        state.say("connected"): theme.quantity(connected, "1"),
        state.say("load_time"): theme.quantity(sum(p["cpu_s"] for p in phases), "s") if phases else theme.DASH,
        state.say("load_memory"): theme.quantity(peak / MIB, "MiB") if peak else theme.DASH,
        "SHA-256": building["sha256"][:16] + "…",
    }


def _forward(state: State, chosen: Chosen, facts: dict[str, str], report: dict[str, Any], checks: pl.DataFrame) -> None:
    """The report as files for the designer."""
    name = chosen.building["building_id"]
    title = f"{chosen.site['name']} {chosen.building['name']}"
    document, raw = st.columns(2, gap="small")
    document.download_button(
        state.say("forward_report"),
        coverage.document(title, facts, report, checks),
        f"{name}.md",
        "text/markdown",
        width="stretch",
        icon=":material/download:",
    )
    raw.download_button(
        state.say("forward_json"),
        json.dumps({"coverage": report, "checks": checks.drop("time").to_dicts()}, ensure_ascii=False, indent=1),
        f"{name}.json",
        "application/json",
        width="stretch",
        icon=":material/download:",
    )


def _checks(state: State, chosen: Chosen, checks: pl.DataFrame) -> None:
    if not checks.height:
        st.html(plain.note("info", state.say("no_checks", id=chosen.building["building_id"])))
        return
    if checks["sha256"][0] != chosen.building["sha256"]:
        st.warning(state.say("checked_other"))
    failed = checks.filter(pl.col("failed") > 0).height
    told = st.success if not failed else st.error
    told(state.say("check_failed" if failed else "check_passed", n=checks.height, failed=failed))
    st.html(plain.small(f"{checks['ids_file'][0]} · {theme.clock(checks['time'][0])}"))
    columns = ("specification", "requirement", "applicable", "passed", "failed")
    shown = checks.sort("failed", descending=True, maintain_order=True).select(columns)
    st.dataframe(shown.rename({c: state.say(c) for c in columns}), hide_index=True, width="stretch", height=430)


def _coverage(state: State, facts: dict[str, str], report: dict[str, Any]) -> None:
    st.html(rows(facts))
    words = {aspect: state.say(f"aspect_{aspect}") for aspect in coverage.ASPECTS}
    names = {"ifc_class": state.say("coverage_class"), "wanted": state.say("coverage_wanted"), **words}
    st.dataframe(coverage.by_class(report).rename(names), hide_index=True, width="stretch", height=260)
    for note in coverage.notes(report):
        st.html(plain.note("warning", note))


def _history(state: State, revisions: pl.DataFrame) -> pl.DataFrame:
    return revisions.with_row_index("n", 1).select(
        pl.format(state.say("revision", n="{}"), pl.col("n")).alias(state.say("revisions")),
        pl.col("time").map_elements(theme.clock, return_dtype=pl.String).alias(state.say("revision_since")),
        pl.col("elements").alias(state.say("elements")),
        pl.col("devices").alias(state.say("devices")),
        pl.col("sha256").str.slice(0, 12).alias(state.say("revision_file")),
    )
