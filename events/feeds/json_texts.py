"""Members of a JSON object as texts, under names that no generation of a feed spells differently."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec

from events.errors import PayloadError
from events.feeds.json_rows import fields_of, rows_of
from events.feeds.limits import MOST_OBJECTS, check_values

SCALAR = (str, int, float)
_ANY = msgspec.json.Decoder()


def scalars_of(row: bytes) -> dict[str, str | int | float]:
    """The scalar members of `row` (nulls left out), names in small letters and digits; PayloadError if it is no object.

    >>> scalars_of(b'{"PM2.5": 17.0, "SiteName": "x", "nothing": null}')
    {'pm25': 17.0, 'sitename': 'x'}
    """
    found = value_of(row)
    if type(found) is not dict:
        raise PayloadError(f"a row is {type(found).__name__}, not an object")
    return {plain(name): v for name, v in found.items() if isinstance(v, SCALAR)}


def value_of(data: bytes) -> Any:
    """The JSON value in `data`; PayloadError when there is none."""
    try:
        return _ANY.decode(check_values(data, MOST_OBJECTS))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PayloadError(f"JSON: {error}") from error


def text_of_value(value: str | float) -> str:
    """A scalar as text; a truth value is 1 or 0."""
    return str(int(value)) if isinstance(value, bool) else str(value)


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """A name without what writers vary: case, dots, spaces, dashes, underscores."""
    return re.sub(r"[\W_]+", "", name).casefold()


def listed(content: bytes, *members: str) -> list[bytes]:
    """The rows of a bare array, or of the first of `members` that an object holds; PayloadError when there are none."""
    if content.lstrip()[:1] == b"[":
        rows = rows_of(content)
    else:
        fields = fields_of(content)
        name = next((m for m in members if m in fields), None)
        if name is None:
            have = ", ".join(list(fields)[:5]) or "nothing"
            raise PayloadError(f"an object with {have} where {' or '.join(members)} or an array is asked")
        rows = rows_of(fields[name])
    if not rows:
        raise PayloadError("a document without rows")
    return rows
