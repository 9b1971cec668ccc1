"""Large documents as messages of a size that a topic takes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from events.errors import PayloadError
from events.feeds.json_rows import rows_of
from events.feeds.packed import text_of

MESSAGE_BYTES = 300_000
"""About how large a message becomes: a third of what Kafka's brokers take by default."""


def parts(rows: Sequence[bytes], size_bytes: int) -> list[list[bytes]]:
    """`rows` in groups of about `size_bytes`."""
    ends, total = [], 0
    for row in rows:
        ends.append(total // size_bytes)
        total += len(row)
    pairs = zip(ends, rows, strict=True)
    return [[row for _, row in group] for _, group in groupby(pairs, key=lambda pair: pair[0])]


def split_array(document: bytes) -> Sequence[bytes]:
    """A JSON array as arrays of about MESSAGE_BYTES; any other document stays whole."""
    try:
        content = text_of(document)
        rows = rows_of(content) if content.lstrip()[:1] == b"[" else []
    except PayloadError:
        return [document]
    return [b"[" + b",".join(part) + b"]" for part in parts(rows, MESSAGE_BYTES)] or [document]
