"""Numbers that are none: what C prints as words (`1.#INF`, `-nan(ind)`), and what no double holds (`1.E400`)."""

from __future__ import annotations

import re
from pathlib import Path

_WORD = rb"\d\.#[A-Z]+\d*|nan(?:\([a-z]+\))?|inf(?:inity)?|\d+\.\d*E\+?(?:309|3[1-9]\d|[4-9]\d\d|\d{4,})"
_TEXT_OR_WORD = re.compile(rb"'(?:[^']|'')*'|(?<=[(,])\s*[-+]?(?:" + _WORD + rb")\s*(?=[,)])", re.IGNORECASE)


def without_words(path: Path, target: Path) -> tuple[Path, int]:
    """A copy at `target` with a null ($) for each such number, and how many there were; texts stay as they are."""
    count = 0

    def null(found: re.Match[bytes]) -> bytes:
        nonlocal count
        if found[0].startswith(b"'"):
            return found[0]
        count += 1
        return b"$"

    with path.open("rb") as lines, target.open("wb") as out:
        out.writelines(_TEXT_OR_WORD.sub(null, line) for line in lines)
    return target, count
