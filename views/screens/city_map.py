"""The map of the city: districts, sites, models, bikes and buses of one snapshot."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from views import outlines
from views.data import Reader, districts
from views.layers import ground, sites, traffic
from views.layers.deck import Camera, deck
from views.snapshot import Snapshot
from views.state import State, change, reader

KEY = "city_map"
HEIGHT_PX = 610

CITY = Camera(121.5475, 25.043, 11.65, pitch=45.0, bearing=-8.0)
"""The whole city: its sites, from the south."""


def city_map(state: State, shown: Snapshot, drawn: list[str]) -> None:
    """Draw the map; a click on a site chooses it. One map a page, with a key and a selection, or the camera is lost."""
    chosen = state.community
    layers: list[Any] = ground.districts(districts(), state.language, _district(shown, chosen))
    if "buses" in drawn:
        layers += traffic.vehicles(shown.vehicles, shown.trails, state.language)
    if "bikes" in drawn:
        layers.append(traffic.stations(shown.stations, state.language))
    models = _storeys(shown, reader()) if "models" in drawn else []
    if "sites" in drawn:
        modelled = [site["community_id"] for site, _ in models]
        layers.append(sites.columns(shown.sites, modelled, state.language, chosen))
    if models:
        layers.append(sites.models(models, state.language, chosen, 1.0 if chosen else sites.FROM_AFAR))
    st.pydeck_chart(deck(layers, _camera(shown, chosen)), height=HEIGHT_PX, on_select=_picked, key=KEY)


def _storeys(shown: Snapshot, read: Reader) -> list[tuple[dict[str, Any], pl.DataFrame]]:
    """Each site that has a model on the map, with its storeys; a model that says it stands elsewhere is left out."""
    places = {r["community_id"]: r for r in shown.sites.iter_rows(named=True)}
    found: list[tuple[dict[str, Any], pl.DataFrame]] = []
    for building in shown.buildings.iter_rows(named=True):
        site = places.get(building["community_id"])
        if site is None:  # the list that names the site is younger than this instant
            continue
        place = (site["longitude"], site["latitude"])
        storeys = outlines.near(outlines.storeys(read.model(building["sha256"]), place), place)
        found += [(site, storeys)] if storeys.height else []
    return found


def _camera(shown: Snapshot, chosen: str | None) -> Camera:
    site = shown.sites.filter(pl.col("community_id") == chosen) if chosen else shown.sites.clear()
    if not site.height:
        return CITY
    return Camera(site["longitude"][0], site["latitude"][0], 16.4, pitch=57.0, bearing=-12.0)


def _district(shown: Snapshot, chosen: str | None) -> str | None:
    site = shown.sites.filter(pl.col("community_id") == (chosen or ""))
    return site["district"][0] if site.height else None


def _picked() -> None:
    """Choose the site that was clicked; a click on anything else leaves the choice."""
    objects = st.session_state[KEY]["selection"]["objects"]
    for name in ("sites", "models"):
        if objects.get(name):
            change(community=objects[name][0]["id"])
