"""Beside the map: the chosen site or all of them, the districts, the legend."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import polars as pl
import streamlit as st

from views import theme
from views.data import districts
from views.i18n import named, status
from views.layers.ground import same_name
from views.layers.traffic import vehicle
from views.plain import markup
from views.screens.cut_note import rows
from views.screens.legend import swatches
from views.screens.tables import whole_numbers
from views.screens.why import why_use
from views.snapshot import Snapshot
from views.state import State, change, hold, reader
from views.usage import MEDIA, of_communities

_SITE = "site_choice"
TABLE_PX = 248


def city_panel(state: State, shown: Snapshot) -> None:
    """The panel."""
    names = {r["community_id"]: _label(state, r) for r in shown.sites.sort("district", "name").iter_rows(named=True)}
    chosen = state.community if state.community in names else None
    hold(_SITE, chosen or "")
    st.selectbox(
        state.say("site"),
        ["", *names],
        format_func=lambda key: names[key] if key else f"{state.say('whole_city')} · {len(names)}",
        key=_SITE,
        on_change=lambda: change(community=st.session_state[_SITE] or None),
        label_visibility="collapsed",
    )
    if chosen:
        _site(state, shown, shown.sites.filter(pl.col("community_id") == chosen).row(0, named=True))
    else:
        _tables(state, shown)
    st.html(legend(state, shown.vehicles["kind"].unique().to_list()))


def legend(state: State, vehicles: Collection[str] = ()) -> str:
    """What the map's colours mean; of `vehicles` the kinds that are on it."""
    kinds = [(status(state.language, word), colour) for word, colour in theme.STATUS.items()]
    bikes = [(state.say(f"bikes_{name}"), colour) for name, colour in theme.BIKES.items()]
    bikes.append((state.say("bikes_stale_map"), theme.UNKNOWN))
    moving = [
        (vehicle(state.language, kind), colour)
        for kind, colour in theme.VEHICLES.items()
        if kind in vehicles or (kind == "bus" and not vehicles)
    ]
    return (
        swatches(f"{state.say('legend_sites')} · {state.say('legend_models')}", kinds)
        + swatches(state.say("legend_bikes"), bikes)
        + swatches(state.say("legend_buses"), moving)
    )


def _label(state: State, site: dict[str, Any]) -> str:
    return f"{site['district']} · {named(state.language, site['name'], site['name_en'])}"


def _site(state: State, shown: Snapshot, site: dict[str, Any]) -> None:
    other = site["name_en"] if state.language != "en" else site["name"]
    st.html(
        f"<b style='font-size:1.05rem'>{markup(named(state.language, site['name'], site['name_en']))}</b><br>"
        f"<span style='color:{theme.css(theme.MUTED)};font-size:.82rem'>{markup(other or '')}</span>"
    )
    facts = {
        state.say("district"): site["district"],
        state.say("status"): status(state.language, site["status"]),
        state.say("households"): theme.number(site["households"]),
        state.say("residents"): theme.number(site["residents"]),
        state.say("floors"): site["floors"] or theme.DASH,
        state.say("address"): site["address"],
    }
    use = shown.use.filter(pl.col("community_id") == site["community_id"])
    for row in sorted(use.iter_rows(named=True), key=lambda r: MEDIA.index(r["medium"])):
        name = f"{state.say(row['medium'])} · {state.say('last_24h')}"
        each = theme.quantity(row["per_home"], row["unit"])
        facts[name] = f"{theme.quantity(row['used'], row['unit'])} ({each} {state.say('per_home')})"
    st.html(rows(facts))
    if use.height:
        why_use(state, "site", "why_used", shown.at, lambda: _meters(state, shown, site["community_id"]))
    if site["modelled"]:
        first = shown.buildings.filter(pl.col("community_id") == site["community_id"])["building_id"][0]
        st.button(
            state.say("open_building"),
            type="primary",
            width="stretch",
            key="open_building",
            on_click=change,
            kwargs={"building": first, "dwelling": None},
        )
    if st.session_state.get("open_building"):
        st.switch_page(st.session_state["pages"]["building"])


def _meters(state: State, shown: Snapshot, community_id: str) -> pl.DataFrame:
    """Meters of a site's homes that its totals sum."""
    use = reader().use(shown.at, state.known).filter(community_id=community_id)
    return pl.concat([of_communities(use, medium) for medium in MEDIA])


def _tables(state: State, shown: Snapshot) -> None:
    by_district, by_site = st.tabs([state.say("districts"), state.say("sites")])
    for tab, frame in ((by_district, _districts(state, shown)), (by_site, _sites(state, shown))):
        tab.dataframe(
            frame,
            hide_index=True,
            height=TABLE_PX,
            width="stretch",
            column_config=whole_numbers(frame),
            placeholder=theme.DASH,
        )
    st.caption(state.say("privacy"))


def _districts(state: State, shown: Snapshot) -> pl.DataFrame:
    """One row a district: homes, sites, bikes to be had."""
    known = [f["properties"] for f in districts()["features"]]
    labels = {same_name(k["name"]): named(state.language, k["name"], k["name_en"]) for k in known}
    spelt = {d: same_name(d) for d in [*shown.sites["district"], *shown.stations["district"]] if d}
    place = pl.col("district").replace(spelt)
    some = pl.col("households").count() > 0
    homes = pl.when(some).then(pl.col("households").sum())
    sites = shown.sites.group_by(place).agg(homes=homes, sites=pl.len())
    live = shown.stations.filter("live").drop_nulls("district")
    bikes = live.group_by(place).agg(bikes=pl.col("num_vehicles_available").sum())
    frame = (
        pl.DataFrame({"district": list(labels)}).join(sites, "district", how="left").join(bikes, "district", how="left")
    )
    return frame.select(
        pl.col("district").replace_strict(labels).alias(state.say("district")),
        _of_list(shown, "homes").alias(state.say("households")),
        _of_list(shown, "sites").alias(state.say("sites")),
        pl.col("bikes").alias(state.say("bikes")),
    ).sort(state.say("households"), descending=True, nulls_last=True)


def _of_list(shown: Snapshot, column: str) -> pl.Expr:
    """Counts of the list of sites: what a list does not name is none, without a list it is unknown."""
    return pl.col(column).fill_null(0) if shown.sites.height else pl.col(column)


def _sites(state: State, shown: Snapshot) -> pl.DataFrame:
    name = pl.coalesce("name_en", "name") if state.language == "en" else pl.col("name")
    words = {word: status(state.language, word) for word in shown.sites["status"].drop_nulls().unique().to_list()}
    return shown.sites.select(
        name.alias(state.say("site")),
        pl.col("households").alias(state.say("households")),
        pl.col("status").replace(words).alias(state.say("status")),
    ).sort(state.say("households"), descending=True, nulls_last=True)
