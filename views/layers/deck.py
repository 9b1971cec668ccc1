"""A deck of layers over no base map: nothing is fetched from anywhere.

Leave `map_style` out: Streamlit puts a tile server's style in its place when it is None (views notes, section 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pydeck as pdk

from views import theme
from views.plain import line

TOOLTIP = {
    "html": '<div class="twin-tip">{tip}</div>',
    "style": {
        "backgroundColor": theme.css(theme.PANEL),
        "color": theme.css(theme.TEXT),
        "border": f"1px solid {theme.css(theme.LINE)}",
        "borderRadius": "8px",
        "fontFamily": theme.FONT,
        "fontSize": "13px",
        "lineHeight": "1.5",
        "padding": "8px 12px",
    },
}

MATERIAL = {"ambient": 0.5, "diffuse": 0.65, "shininess": 24, "specularColor": [50, 56, 64]}
"""Of extruded things: matt, so that a colour says its value on every side."""


@dataclass(frozen=True)
class Camera:
    """Where the map is looked at from: degrees, WGS84; `height_m` lifts the point that is looked at."""

    longitude: float
    latitude: float
    zoom: float
    pitch: float = 50.0
    bearing: float = 0.0
    height_m: float = 0.0


def deck(layers: Sequence[Any], camera: Camera) -> Any:
    """The deck. Rows of pickable layers carry `tip`, the text that the pointer shows (`told`)."""
    view = pdk.ViewState(
        longitude=camera.longitude,
        latitude=camera.latitude,
        zoom=camera.zoom,
        pitch=camera.pitch,
        bearing=camera.bearing,
        max_pitch=85,
        position=[0, 0, camera.height_m],
    )
    return pdk.Deck(list(layers), map_provider=None, initial_view_state=view, tooltip=TOOLTIP)


def layer(kind: str, name: str, rows: Iterable[dict[str, Any]], **settings: Any) -> Any:
    """A layer of rows; accessors are column names."""
    return pdk.Layer(kind, list(rows), id=name, **settings)


def told(*lines: object) -> str:
    """What the pointer shows of a thing: lines of text, of which the style sheet makes the first bold.

    Streamlit escapes what it puts into the template, so that no markup is of any use here.
    """
    return "\n".join(shown for one in lines if (shown := line(one).strip()))


def auto_characters() -> Any:
    """The setting that lets a text layer draw any script."""
    return pdk.types.String("auto")
