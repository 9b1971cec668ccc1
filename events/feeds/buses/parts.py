"""How many parts a protobuf message has, counted before any is made: one of two bytes takes a hundred when parsed."""

from __future__ import annotations

from events.errors import PayloadError

FREE_BYTES = 1024 * 1024
"""Messages up to this need no count: whatever is in them is made within a tenth of a second."""

MOST_PARTS = 400_000
"""Fields of a feed, of its entities and right below them; the largest feeds of whole countries have fewer."""

MOST_ENTITIES = 100_000
MOST_CALLS = 10_000
"""Stop time updates of a trip, and what an alert informs of."""

_TRIP_UPDATE, _ALERT, _ENTITY, _BYTES = 3, 5, 2, 2


def check_parts(data: bytes) -> None:
    """PayloadError where a feed has more parts than it may; bytes that are no protobuf are left to the parser."""
    if len(data) <= FREE_BYTES:
        return
    left = MOST_PARTS
    spans = [(0, len(data), 0)]
    while spans:
        at, end, depth = spans.pop()
        while at < end:
            tag, at = _varint(data, at)
            kind = tag & 7
            left -= 1
            if kind == _BYTES:
                size, at = _varint(data, at)
                inside = (_ENTITY,) if depth == 0 else (_TRIP_UPDATE, _ALERT)
                if depth < 2 and tag >> 3 in inside:
                    spans.append((at, min(at + size, end), depth + 1))
                at += size
            elif kind == 0:
                _, at = _varint(data, at)
            elif kind in (1, 5):
                at += 8 if kind == 1 else 4
            else:
                return
            if left < 0:
                raise PayloadError(f"more than {MOST_PARTS} parts in a feed of {len(data)} bytes; split it")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    return value, at
