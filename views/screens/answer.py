"""A scenario's answer: baseline beside scenario with units, the balance over time, where it came from."""

from __future__ import annotations

import streamlit as st

from replay.compare import KPIS
from replay.result import Result
from views import theme
from views.charts.balance import power, stored
from views.plain import markup
from views.screens.cut_note import rows
from views.screens.why import why_facts
from views.state import State

HEADLINES = ("import_kwh", "peak_kw", "self_sufficiency", "co2_kg")
"""Key figures that stand on top; the table has all."""


def answer(state: State, result: Result) -> None:
    """Draw the answer."""
    _headlines(state, result)
    with st.container(key="answer_body"):
        figures, series = st.columns([1, 1.25], gap="medium")
    with figures:
        st.html(table(state, result))
        measured = theme.quantity(float(result.quality["measured_share"]), "1")
        st.caption(f"{state.say('digest')} {result.digest[:12]} · {state.say('measured')} {measured}")
    with series:
        names = {"load": state.say("load"), "pv": state.say("pv_generation"), "import": state.say("import")}
        st.altair_chart(power(result, state.say("power_chart"), names), width="stretch")
        if result.intervals["soc_kwh"].max():
            st.altair_chart(stored(result, state.say("soc_chart")), width="stretch")


def provenance(state: State, result: Result) -> None:
    """What the answer rests on, so that it can be had again."""
    st.html(rows(_rests_on(state, result)))


def _rests_on(state: State, result: Result) -> dict[str, str]:
    quality, times = result.quality, result.resolved
    return {
        state.say("window"): f"{theme.clock(times.start)} – {theme.clock(times.end)}",
        state.say("as_known"): f"{result.known:,}",
        state.say("measured"): theme.quantity(float(quality["measured_share"]), "1"),
        state.say("dwellings"): f"{quality['homes']:,}",
        state.say("silent_meters"): theme.number(quality["silent_meters"]),
        state.say("parameters"): result.parameters["version"],
        state.say("engines"): str(result.provenance["code_version"]),
        state.say("inputs"): str(result.provenance["inputs_sha256"])[:16],
        state.say("digest"): result.digest[:16],
    }


def table(state: State, result: Result) -> str:
    """All key figures as an HTML table: name, unit, baseline, scenario, difference."""
    names = {k.kpi: k.name_en if state.language == "en" else k.name_zh for k in KPIS}
    head = "".join(f"<th>{state.say(k)}</th>" for k in ("figure", "unit", "baseline", "scenario", "difference"))
    body = "".join(
        f"<tr><td>{markup(names[r['kpi']])}</td><td>{markup(theme.shown_unit(r['unit']))}</td>"
        f"<td>{_bare(r['baseline'], r['unit'])}</td><td><b>{_bare(r['scenario'], r['unit'])}</b></td>"
        f"<td>{_signed(r['difference'], r['unit'])}</td></tr>"
        for r in result.kpis.iter_rows(named=True)
    )
    return f'<table class="twin-kpis"><tr>{head}</tr>{body}</table>'


def _headlines(state: State, result: Result) -> None:
    names = {k.kpi: k.name_en if state.language == "en" else k.name_zh for k in KPIS}
    found = {r["kpi"]: r for r in result.kpis.iter_rows(named=True)}
    for column, kpi in zip(st.columns(len(HEADLINES), gap="small"), HEADLINES, strict=True):
        row = found[kpi]
        before = f"{state.say('baseline')} {theme.quantity(row['baseline'], row['unit'])}"
        change = f"{before} ({_signed(row['difference'], row['unit'])})"
        value = theme.quantity(row["scenario"], row["unit"])
        with column:
            st.metric(names[kpi], value, change, delta_color="off", delta_arrow="off")
            why_facts(state, kpi, "why_kpi", _rests_on(state, result))


def _bare(value: float | None, unit: str) -> str:
    """The value as the unit's column wants it: a share as per cent, without the sign."""
    return theme.number(None if value is None else 100 * value, 1) if unit == "1" else theme.number(value)


def _signed(value: float | None, unit: str) -> str:
    sign = "+" if value is not None and value > 0 else ""
    return sign + _bare(value, unit).replace("-", "−")
