"""What the last revision changed: the model coloured by it, and the table attribute by attribute."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import streamlit as st

from views import theme
from views.layers import building as shapes
from views.layers.changes import CHANGE, changed, frame
from views.layers.deck import deck
from views.screens.building_choice import Chosen
from views.screens.legend import swatches
from views.state import State, reader
from views.words.model import WORDS

HEIGHT_PX = 430
FURTHER_ZOOM = 0.35
"""The map is lower than the building page's, and what is below the ground is shown too."""

_PAIR = "revision_pair"


def model_changes(state: State, chosen: Chosen, revisions: pl.DataFrame) -> None:
    """The pair of revisions to compare, the coloured model, the table."""
    if revisions.height < 2:
        _draw(state, chosen, pl.DataFrame())
        st.caption(state.say("only_revision"))
        return
    pair = _pair(state, revisions)
    before, after = revisions["sha256"][pair - 1], revisions["sha256"][pair]
    table, drawn = reader().changes(before, after)
    _draw(state, chosen, _touched(drawn))
    if not table.height:
        st.info(state.say("no_changes"))
        return
    counts = dict(table["kind"].value_counts().rows())
    legend = [(f"{state.say(f'change_{k}')} {counts[k]:,}", colour) for k, colour in CHANGE.items() if k in counts]
    st.html(swatches(state.say("changes"), legend))
    st.dataframe(_table(state, table), hide_index=True, width="stretch", height=300)


def _pair(state: State, revisions: pl.DataFrame) -> int:
    """Which revision is compared with the one before it."""
    dates = [theme.clock(time) for time in revisions["time"]]

    def label(at: int) -> str:
        names = [f"{state.say('revision', n=n + 1)} {dates[n]}" for n in (at - 1, at)]
        return state.say("compared", before=names[0], after=names[1])

    choices = list(range(revisions.height - 1, 0, -1))
    return int(
        st.selectbox(state.say("revisions"), choices, format_func=label, key=_PAIR, label_visibility="collapsed")
    )


def _touched(drawn: pl.DataFrame) -> pl.DataFrame:
    """What is drawn of a diff: removed things as they were, all others as they are."""
    removed = pl.col("kind") == "removed"
    shown = (removed & (pl.col("side") == "before")) | (~removed & (pl.col("side") == "after"))
    return drawn.filter(shown & (pl.col("kind") != "unchanged"))


def _draw(state: State, chosen: Chosen, touched: pl.DataFrame) -> None:
    layers = [frame(chosen.storeys)]
    if touched.height:
        words = {kind: state.say(f"change_{kind}") for kind in CHANGE}
        layers.append(changed(touched, words))
    if touched.height and touched["polygon"].null_count() == touched.height:
        st.caption(state.say("not_placed"))
    camera = shapes.camera(chosen.storeys, 0.0, None)
    further = replace(camera, zoom=camera.zoom - FURTHER_ZOOM)
    st.pydeck_chart(deck(layers, further), height=HEIGHT_PX, key="model_map")


def _table(state: State, table: pl.DataFrame) -> pl.DataFrame:
    kinds = {kind: state.say(f"change_{kind}") for kind in CHANGE}
    return table.select(
        pl.col("kind").replace(kinds).alias(state.say("change_kind")),
        pl.col("ifc_class").alias(state.say("coverage_class")),
        pl.col("name").alias(state.say("change_name")),
        pl.col("storey").alias(state.say("storey")),
        _told(state, "attribute").alias(state.say("change_attribute")),
        pl.col("before").alias(state.say("change_before")),
        pl.col("after").alias(state.say("change_after")),
        pl.coalesce("global_id_after", "global_id_before").alias("GlobalId"),
        _told(state, "matched_by").alias(state.say("matched_by")),
    ).with_columns(pl.col(pl.String).fill_null(theme.DASH))


def _told(state: State, column: str) -> pl.Expr:
    """Our own words in the user's language; what the file's schema or its author named stays as it is."""
    keys = [key.removeprefix(f"{column}_") for key in WORDS if key.startswith(f"{column}_")]
    words = {key: state.say(f"{column}_{key}") for key in keys}
    spelt = pl.col(column).str.replace_all(",", "").str.replace_all(" ", "_")
    return pl.coalesce(spelt.replace_strict(words, default=None, return_dtype=pl.String), column)
