"""Why a number is what it is, one click from it: how it was made, of which events, held by what, at which cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import streamlit as st

from events.errors import TwinError
from events.observations import FAMILIES
from replay.compare import KPIS
from replay.evidence import Evidence
from replay.why import Chain
from views import theme
from views.plain import markup, note, typed
from views.screens.cut_note import rows
from views.screens.spoken import called
from views.state import State, reader, rfc3339

DAY = timedelta(hours=24)


def why_rows(state: State, key: str, formula: str, frame: str, at: datetime) -> None:
    """Behind a number over a whole `frame` of the cut; `formula`: the key of the words that say how it was made."""
    box = _asked(state, key)
    if box is not None:
        with box:
            st.caption(state.say(formula))
            _evidence(state, frame, [at])


def why_use(state: State, key: str, formula: str, at: datetime, meters: Callable[[], pl.DataFrame]) -> None:
    """Behind the use of some `meters` (rows of `views.usage.meter_use`) in the day before `at`; null use: left out."""
    box = _asked(state, key)
    if box is None:
        return
    use = meters()
    counts = use.filter(pl.col("used").is_not_null())
    facts = {
        state.say("why_counted"): theme.number(counts.select("building_id", "dwelling_id").drop_nulls().n_unique()),
        state.say("why_meters"): theme.number(counts.height),
        state.say("estimated_meters"): theme.number(counts.filter("estimated").height),
        state.say("why_left_out"): theme.number(use.height - counts.height),
    }
    with box:
        st.caption(state.say(formula))
        st.html(rows(facts))
        _evidence(state, "readings", [at, at - DAY], counts["point_id"].to_list())


def why_meter(state: State, key: str, point_id: str, unit: str, at: datetime) -> None:
    """Behind the use of one meter: its register at both ends of the day, down to topic, partition and offset."""
    box = _asked(state, key)
    if box is None:
        return
    with box:
        st.caption(state.say("why_meter"))
        moments = (at, at - DAY)
        try:
            chains = [reader().why(point_id, unit, moment, state.known) for moment in moments]
        except TwinError as error:
            st.html(note("info", str(error)))
            return
        _beside(state, [_chain(state, chain) for chain in chains])
        known = chains[0].known
        _command(
            state, [f"twin why {typed(point_id)} {typed(unit)} --at {rfc3339(m)} --known {known}" for m in moments]
        )


def why_facts(state: State, key: str, formula: str, facts: Mapping[str, str]) -> None:
    """Behind a number that is told by `facts`."""
    box = _asked(state, key)
    if box is not None:
        with box:
            st.caption(state.say(formula))
            st.html(rows(dict(facts)))


def _asked(state: State, key: str) -> Any:
    """The popover, None while it is shut: nothing is looked up that nobody asks for."""
    called(f"why_{key}", f"{state.say('why')} · {_figure(state, key)}")
    box = st.popover(state.say("why"), key=f"why_{key}", type="tertiary", on_change="rerun", help=state.say("why_help"))
    return box if box.open else None


def _figure(state: State, key: str) -> str:
    """What the number behind a key is called."""
    kpis = {k.kpi: k.name_en if state.language == "en" else k.name_zh for k in KPIS}
    return kpis.get(key) or state.say({"homes_here": "total_homes", "common": "common_part"}.get(key, key))


def _evidence(state: State, frame: str, at: Sequence[datetime], entities: list[str] | None = None) -> None:
    found = [reader().evidence(frame, moment, state.known, entities) for moment in at]
    _beside(state, [_told(state, part) for part in found])
    if frame in FAMILIES:
        _command(
            state,
            [f"twin cut --at {rfc3339(e.at)} --known {e.known} --family {frame} --out {frame}.parquet" for e in found],
        )


def _told(state: State, found: Evidence) -> dict[str, str]:
    return {
        state.say("as_of"): f"{theme.clock(found.at)} UTC+8",
        state.say("as_known"): f"{found.known:,}",
        state.say("why_rows"): f"{found.rows:,}",
        state.say("why_oldest"): _clock(found.oldest),
        state.say("why_newest"): _clock(found.newest),
        state.say("why_events"): f"{found.events:,}",
        state.say("why_positions"): _between(found.first_position, found.last_position),
        state.say("why_projection"): f"{found.projection} {found.projection_version}",
    }


def _chain(state: State, chain: Chain) -> dict[str, str]:
    fact, origin = chain.fact, chain.origin
    earlier = [theme.quantity(b.value, fact.unit or "") + f" ({b.because})" for b in chain.beliefs[:-1]]
    facts = {
        state.say("why_value"): f"{fact.value:,} {theme.shown_unit(fact.unit or '')}",
        state.say("as_of"): _clock(fact.time),
        state.say("why_quality"): state.say(f"quality_{fact.quality}") if fact.quality else theme.DASH,
        state.say("why_source"): f"{origin.topic} / {origin.partition}"
        if origin.topic
        else origin.source or theme.DASH,
        state.say("why_offsets"): _between(origin.first_offset, origin.last_offset),
        state.say("why_positions"): f"{origin.position:,}",
        state.say("why_recorded"): _clock(origin.recorded_at),
        "SHA-256": origin.sha256[:16] + "…",
        state.say("why_intact"): theme.DASH if origin.intact is None else state.say(_WORD[origin.intact]),
        state.say("why_projection"): f"{chain.projection} {chain.projection_version}",
    }
    return facts | ({state.say("why_earlier"): "; ".join(earlier)} if earlier else {})


def _beside(state: State, columns: Sequence[Mapping[str, str]]) -> None:
    """Facts of now, and of a day before where there are such, as one table."""
    titles = [state.say("why_now"), state.say("why_before")][: len(columns)] if len(columns) > 1 else [""]
    head = "".join(f"<th>{title}</th>" for title in ("", *titles))
    names = dict.fromkeys(name for column in columns for name in column)
    body = "".join(
        f"<tr><td>{markup(name)}</td>{''.join(f'<td>{markup(c.get(name, theme.DASH))}</td>' for c in columns)}</tr>"
        for name in names
    )
    st.html(f'<table class="twin-beside"><tr>{head}</tr>{body}</table>')


_WORD = {True: "why_yes", False: "why_no"}


def _command(state: State, lines: Sequence[str]) -> None:
    if lines:
        st.caption(state.say("why_command"))
        st.code("\n".join(lines), language="shell", wrap_lines=True)


def _clock(moment: datetime | None) -> str:
    return theme.DASH if moment is None else theme.clock(moment)


def _between(first: int | None, last: int | None) -> str:
    if first is None or last is None:
        return theme.DASH
    return f"{first:,}" if first == last else f"{first:,} – {last:,}"
