"""What somebody else wrote is text wherever it is shown: a source's names, a model's, an address's words.

The one place that escapes. A page's markup goes through `markup`, a forwarded document in Markdown through `markdown`;
what stands on a page by itself is `note`, never Streamlit's Markdown, whose emoji, links and colours no escape stops.
"""

from __future__ import annotations

import re
from html import escape
from shlex import quote
from typing import Literal

Kind = Literal["info", "warning", "error", "success"]

_SIGNS = re.compile(r"([\\`*\[\]<>#|~$&]|(?<![^\W_])_|_(?![^\W_]))")
"""What may begin a thing of Markdown within a line; an underscore within a word is one."""

_BEGINNING = re.compile(r"^(\s*)([-+=>]|\d+(?=[.)]))")
"""What may make a list, a heading or a quotation of a line's beginning."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


def line(text: object) -> str:
    """The text on one line: breaks and control characters are blanks."""
    return _CONTROL.sub(" ", str(text))


def markup(text: object) -> str:
    """The text within HTML, in elements and quoted attributes.

    >>> markup("<b>A & B</b>")
    '&lt;b&gt;A &amp; B&lt;/b&gt;'
    """
    return escape(str(text))


def markdown(text: object) -> str:
    r"""The text within a line of Markdown.

    >>> markdown("**A** <b> | 1")
    '\\*\\*A\\*\\* \\<b\\> \\| 1'
    """
    shown = _SIGNS.sub(r"\\\1", line(text))
    return _BEGINNING.sub(lambda found: f"{found[1]}{_stopped(found[2])}", shown)


def typed(text: object) -> str:
    """The text as one word of a shell's command line, for commands that a page offers to copy.

    >>> typed("urn:dev:ser:1"), typed("a; b")
    ('urn:dev:ser:1', "'a; b'")
    """
    return quote(line(text))


def note(kind: Kind, text: object) -> str:
    """A box that tells something, as HTML: for people who listen, too, as a status or an alert."""
    role = "status" if kind in ("info", "success") else "alert"
    return f'<div class="twin-note twin-note-{kind}" role="{role}">{markup(text)}</div>'


def small(text: object) -> str:
    """A caption, as HTML."""
    return f'<div class="twin-small">{markup(text)}</div>'


def _stopped(sign: str) -> str:
    """A sign of a line's beginning as itself: behind a number it is the stop that makes the list."""
    return f"{sign}\u2060" if sign.isdigit() else f"\\{sign}"
