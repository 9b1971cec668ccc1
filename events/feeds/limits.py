"""What one payload may grow to, for every format alike: beyond it the payload is refused whole, with a reason.

    bytes it unpacks to        `unpacked_most`: at most RATIO times what came, and never more than MOST_BYTES
    values in a JSON text      `check_values`, before anything is made of them
    parts that are refused     `check_refused`: a payload of nothing but faults is one fault

Nothing is lost by it: the payload is in quarantine as it came, and what is in it can be sent again in smaller pieces.
A document of a real feed stays far below: one value takes it 8 bytes and more, and text shrinks to a twentieth.
"""

from __future__ import annotations

from events.errors import PayloadError

MOST_BYTES = 256 * 1024 * 1024
"""Bytes that one payload may unpack to."""

RATIO, ROOM_BYTES = 250, 4 * 1024 * 1024
"""What unpacks to more than ROOM_BYTES is at most RATIO times as long as it came (deflate reaches 1,032)."""

MOST_VALUES, ROOM_VALUES, BYTES_A_VALUE = 2_000_000, 250_000, 4
"""Values of a JSON text: ROOM_VALUES are free, more only where the text has BYTES_A_VALUE for each."""

MOST_REFUSED = 10_000
"""Parts of one payload that are refused one by one."""

MOST_COLUMNS = 10_000
"""Columns of a table: a header of more is a payload without line ends."""

_MARKS = (b",", b"{", b"[")
"""Each value of a JSON text but the first of a container follows one of these."""


def unpacked_most(packed_bytes: int) -> int:
    """How many bytes a packed payload may hold."""
    return min(MOST_BYTES, max(ROOM_BYTES, RATIO * packed_bytes))


def check_values(text: bytes) -> bytes:
    """The JSON text itself; PayloadError where it holds more values than a payload may."""
    if len(text) <= ROOM_VALUES:
        return text
    most = min(MOST_VALUES, ROOM_VALUES + len(text) // BYTES_A_VALUE)
    values = sum(text.count(mark) for mark in _MARKS)
    if values > most:
        raise PayloadError(
            f"{values} values in {len(text)} bytes of JSON, where {most} are allowed; split the document"
        )
    return text


def check_columns(count: int) -> None:
    """PayloadError for a table of more columns than any has."""
    if count > MOST_COLUMNS:
        raise PayloadError(f"a first line of {count} fields, where {MOST_COLUMNS} are allowed")


def check_refused(count: int, first: str) -> None:
    """PayloadError when so many parts of one payload are refused that the payload is refused whole."""
    if count > MOST_REFUSED:
        raise PayloadError(f"more than {MOST_REFUSED} of its parts cannot be taken, the first because: {first}")
