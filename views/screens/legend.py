"""Legends: swatches with words, and sequential scales with their unit."""

from __future__ import annotations

from views import theme
from views.plain import markup


def swatches(title: str, entries: list[tuple[str, theme.Colour]]) -> str:
    """A title and coloured dots with words, as HTML."""
    dots = "".join(
        f'<span class="twin-swatch"><i style="background:{theme.css(colour)}"></i>{markup(words)}</span>'
        for words, colour in entries
    )
    return f'<div class="twin-legend"><b>{markup(title)}</b>{dots}</div>'


def scale(title: str, of: theme.Scale, missing: str) -> str:
    """A sequential scale from low to high with its unit, and the colour of what is missing, as HTML."""
    colours = ",".join(theme.css(colour) for _, colour in of.steps())
    labels = "".join(f"<span>{words}</span>" for words, _ in of.steps())
    return (
        f'<div class="twin-legend"><b>{markup(title)} ({markup(theme.shown_unit(of.unit))})</b>'
        f'<div class="twin-scale" style="background:linear-gradient(90deg,{colours})"></div>'
        f'<div class="twin-ticks">{labels}</div>'
        f'<span class="twin-swatch"><i style="background:{theme.css(theme.UNKNOWN)}"></i>{markup(missing)}</span></div>'
    )
