"""The sources page: which feed is late, how fast each comes in, what was refused and why. Always of now."""

from __future__ import annotations

from collections import Counter

import polars as pl
import streamlit as st

from events.clock import now
from events.flood import kinds
from events.quarantine import Quarantined
from replay.sources import SourceState
from views import theme
from views.i18n import age
from views.plain import typed
from views.roles import Role, role
from views.screens.tables import whole_numbers
from views.state import State, current, reader

EVERY_S = 5.0
ENTRIES = 200
BEGINNING = 80
"""Bytes of a refused payload that a manager is shown."""


def page() -> None:
    """Draw the page, again every few seconds."""
    st.fragment(_page, run_every=EVERY_S)()


def _page() -> None:
    state, read = current(), reader()
    read.refresh()
    moment = now().replace(microsecond=0)
    told, refused = read.sources(moment), read.quarantine()
    if not told:
        st.info(state.say("sources_none"))
        return
    _figures(state, told, refused)
    table = _table(state, told)
    st.dataframe(table, hide_index=True, width="stretch", column_config=whole_numbers(table))
    if refused:
        _quarantine(state, refused)
    else:
        st.caption(state.say("sources_clean"))


def _figures(state: State, told: list[SourceState], refused: list[Quarantined]) -> None:
    late = sum(source.stale for source in told)
    unit = state.say("sources_rows_unit")
    minute = theme.number(sum(s.rows_last_minute for s in told))
    cards = (
        (
            state.say("sources_all"),
            theme.number(len(told)),
            state.say("sources_late", n=late) if late else state.say("sources_fresh"),
        ),
        (
            state.say("sources_hour"),
            theme.quantity(sum(s.rows_last_hour for s in told), unit),
            state.say("sources_minute", n=minute),
        ),
        (
            state.say("sources_quarantine"),
            theme.quantity(sum(e.refusal.count for e in refused), unit),
            state.say("sources_refused_hour", n=theme.number(sum(s.refused_last_hour for s in told))),
        ),
        (
            state.say("sources_log"),
            f"{reader().head:,}",
            state.say("sources_lake", n=f"{reader().city.lake.position:,}"),
        ),
    )
    for column, (label, value, note) in zip(st.columns(len(cards), gap="small"), cards, strict=True):
        column.metric(label, value, note, delta_color="off", delta_arrow="off")


def _table(state: State, told: list[SourceState]) -> pl.DataFrame:
    """One row a source, the latest ones first among those that are late, then the others by name."""
    ordered = sorted(told, key=lambda s: (not s.stale, -(s.staleness_s or float("inf")) if s.stale else 0, s.source))
    columns = {
        "sources_state": [
            f"▲ {state.say('sources_stale')}" if s.stale else f"● {state.say('sources_ok')}" for s in ordered
        ],
        "sources_all": [s.source for s in ordered],
        "sources_last": [theme.clock(s.last_event_time) if s.last_event_time else theme.DASH for s in ordered],
        "sources_age": [theme.DASH if s.staleness_s is None else age(state.language, s.staleness_s) for s in ordered],
        "sources_allowed": [_span(state, s.allowed_s) for s in ordered],
        "sources_last_hour": [s.rows_last_hour for s in ordered],
        "sources_rows": [s.rows for s in ordered],
        "sources_duplicates": [s.duplicates for s in ordered],
        "sources_refused": [s.refused for s in ordered],
    }
    return pl.DataFrame({state.say(name): values for name, values in columns.items()})


def _span(state: State, seconds: float) -> str:
    """A stretch of time in minutes, or in hours from two on."""
    minutes = round(seconds / 60)
    return state.say("minutes", n=minutes) if minutes < 120 else state.say("hours", n=minutes // 60)


def _quarantine(state: State, refused: list[Quarantined]) -> None:
    """What was refused by kind of reason; the entries for a manager alone: their reasons and bytes may name a home."""
    counts = Counter(kinds(entry.refusal for entry in refused)).most_common(ENTRIES)
    heads = [state.say("sources_reason"), state.say("sources_count")]
    reasons = pl.DataFrame(counts, schema=heads, orient="row")
    if role() is not Role.MANAGER:
        st.dataframe(reasons, hide_index=True, width="stretch")
        return
    by_reason, entries = st.tabs([state.say("sources_by_reason"), state.say("sources_entries", n=ENTRIES)])
    by_reason.dataframe(reasons, hide_index=True, width="stretch")
    entries.dataframe(_entries(state, refused[:ENTRIES]), hide_index=True, width="stretch")
    st.caption(state.say("sources_mend"))
    last = refused[0]
    st.code(
        f"twin quarantine show {last.name}\ntwin quarantine retry --source {typed(last.source)}\n"
        f"twin quarantine discard {last.name} --why TEXT",
        language="shell",
    )


def _entries(state: State, refused: list[Quarantined]) -> pl.DataFrame:
    rows = [
        {
            "sources_entry": entry.name,
            "sources_all": entry.source,
            "sources_format": entry.refusal.format,
            "sources_offset": str(entry.refusal.offset),
            "why_recorded": theme.clock(entry.recorded_at),
            "sources_reason": entry.refusal.reason,
            "sources_begins": entry.refusal.payload[:BEGINNING].decode("utf-8", "replace"),
        }
        for entry in refused
    ]
    return pl.DataFrame(rows).rename(state.say)
