"""A capture of a P1 port cut into telegrams, so that one that is cut off or broken takes no other with it.

A telegram begins with `/` at the start of a line, after the end of another, or wherever `/` and a maker's sign stand
(`/KLM5`: a capture that broke off in a line and went on with the next telegram). It ends with `!` and its CRC. What
stands between telegrams is passed over, but for lines of a telegram whose beginning is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_START = re.compile(r"(?:^|(?<=\n)|(?<=\r))[ \t]*/|(?<=!)[^\r\n/]*/|/(?=[A-Za-z]{3}[0-9])")
_END = re.compile(r"![^\r\n/]*")
_LINE = re.compile(r"\d-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True)
class Piece:
    """A telegram as it stands, or (`fault` says why) what is left of one."""

    text: str
    fault: str = ""


def pieces(capture: str) -> Iterator[Piece]:
    """The telegrams of a capture in order, whole ones and remains."""
    start = 0
    for found in _START.finditer(capture):
        at = found.end() - 1
        yield from _between(capture[start:at])
        start = at
    yield from _between(capture[start:])


def _between(text: str) -> Iterator[Piece]:
    """What stands from one beginning to the next."""
    if not text.startswith("/"):
        if _LINE.search(text):
            yield Piece(text, "lines of a P1 telegram without its beginning (/): it was cut off")
        return
    end = _END.search(text)
    if end is None:
        yield Piece(text, "a P1 telegram without an end (!): it was cut off")
        return
    yield Piece(text[: end.end()])
    if _LINE.search(text, end.end()):
        yield Piece(text[end.end() :], "lines of a P1 telegram without its beginning (/): it was cut off")
