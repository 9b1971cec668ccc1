"""The building in 3D, its dwellings coloured by the chosen quantity."""

from __future__ import annotations

import polars as pl
import streamlit as st

from views import theme
from views.layers import building as shapes
from views.layers.deck import deck, told
from views.link import QUANTITIES
from views.roles import FEWEST_HOMES, Role, role
from views.screens.building_choice import Chosen
from views.screens.legend import scale as scale_legend
from views.state import State, change, hold

KEY = "building_map"
HEIGHT_PX = 570
_GAP = "explode"


def building_model(state: State, chosen: Chosen) -> None:
    """The quantity, the model, its legend; a click on a dwelling chooses it."""
    gap_m = _tools(state, chosen)
    values, of = coloured(chosen)
    shown = _with_colours(state, chosen, values, of)
    drawn = shown.filter(pl.col("polygon").is_not_null())
    chosen_home = state.dwelling if role() is Role.MANAGER else None
    layers = [
        shapes.plates(chosen.storeys, gap_m),
        shapes.commons(chosen.commons, gap_m),
        shapes.blocks(drawn, chosen_home, gap_m),
        shapes.outline(drawn, chosen_home, gap_m),
    ]
    own = drawn.filter(pl.col("dwelling_id") == (chosen_home or ""))["polygon"].to_list()
    camera = shapes.camera(chosen.storeys, gap_m, own[0] if own else None)
    st.pydeck_chart(deck(layers, camera), height=HEIGHT_PX, on_select=_picked, key=KEY)
    if any(v is not None for v in values.values()):
        st.html(scale_legend(quantity_name(state, chosen.quantity), of, state.say("no_reading")))
    else:
        st.caption(state.say("no_reading"))


def coloured(chosen: Chosen) -> tuple[dict[str, float | None], theme.Scale]:
    """Dwelling -> value of the chosen quantity, and the scale that fits them."""
    medium = "electricity" if chosen.quantity == "age" else chosen.quantity
    meters = chosen.use.filter((pl.col("medium") == medium) & pl.col("dwelling_id").is_not_null())
    column = "age_h" if chosen.quantity == "age" else "used"
    if role() is Role.PLANNER:
        meters = _together(meters, column)
    values: dict[str, float | None] = dict(meters.select("dwelling_id", column).iter_rows())
    unit = "h" if chosen.quantity == "age" else (meters["unit"][0] if meters.height else "")
    return values, theme.scale_of(list(values.values()), unit)


def _together(meters: pl.DataFrame, column: str) -> pl.DataFrame:
    """Every dwelling with its storey's mean; none where the storey has too few homes that count."""
    counted = pl.col(column).count().over("storey_id")
    mean = pl.when(counted >= FEWEST_HOMES).then(pl.col(column).mean().over("storey_id"))
    return meters.with_columns(mean.alias(column))


def quantity_name(state: State, quantity: str) -> str:
    """The quantity as people call it."""
    return state.say("age_long") if quantity == "age" else state.say("use_long", what=state.say(quantity))


def _tools(state: State, chosen: Chosen) -> float:
    """The quantity to show; returns the gap between storeys, metres."""
    hold("quantity_choice", chosen.quantity)
    quantities, words, gap = st.columns([3, 0.9, 1.6], vertical_alignment="center")
    quantities.segmented_control(
        state.say("quantity"),
        QUANTITIES,
        format_func=state.say,
        key="quantity_choice",
        on_change=lambda: change(quantity=st.session_state["quantity_choice"] or chosen.quantity),
        label_visibility="collapsed",
    )
    words.caption(state.say("explode"), text_alignment="right")
    return float(gap.slider(state.say("explode_help"), 0.0, 6.0, 0.0, 0.5, key=_GAP, label_visibility="collapsed"))


def _with_colours(state: State, chosen: Chosen, values: dict[str, float | None], of: theme.Scale) -> pl.DataFrame:
    rows = chosen.dwellings
    planner = role() is Role.PLANNER
    names = rows["storey"].to_list() if planner else rows["name"].to_list()
    kinds = [state.say("per_home") if planner else kind for kind in rows["dwelling_type"].to_list()]
    ids = rows["dwelling_id"].to_list()
    what = quantity_name(state, chosen.quantity)
    tips = [
        told(f"{name or key}", kind or "", f"{what} {theme.quantity(values.get(key), of.unit)}")
        for key, name, kind in zip(ids, names, kinds, strict=True)
    ]
    colours = [list(of.colour(values.get(key))) for key in ids]
    return rows.with_columns(colour=pl.Series(colours, dtype=pl.List(pl.Int64)), tip=pl.Series(tips, dtype=pl.String))


def _picked() -> None:
    """Choose the dwelling that was clicked; a second click lets it go."""
    if role() is Role.PLANNER:
        return
    picked = st.session_state[KEY]["selection"]["objects"].get("dwellings")
    change(dwelling=picked[0]["id"] if picked else None)
