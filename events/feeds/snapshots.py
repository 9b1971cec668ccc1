"""Parts of a snapshot that say what they are complete for, so that what is absent from them is known to be absent.

A snapshot of a city is too long for one message. Its rows are put into BUCKETS buckets by their route, and every
message says which buckets it holds whole. Buckets stay the same from snapshot to snapshot, so that each message speaks
for itself: no message has to wait for its neighbours.
"""

from __future__ import annotations

import re
import zlib

BUCKETS = 32
MARK = r":snapshot:\d+$"
"""How the name of a mark's point ends."""

WHOLE = "complete"
"""Text of a mark."""

_MARK = re.compile(r":snapshot:(\d+)$")


def bucket_of(route_id: str) -> int:
    """The bucket that a route's rows are in, for ever."""
    return zlib.crc32(route_id.encode("utf-8", "surrogatepass")) % BUCKETS


def mark(feed: str, bucket: int) -> str:
    """The point whose state says that a bucket of a feed was seen whole.

    >>> mark("bus-estimate", 7)
    'bus-estimate:snapshot:7'
    """
    return f"{feed}:snapshot:{bucket}"


def mark_of(point_id: str) -> int:
    """The bucket of a mark, -1 for any other point."""
    found = _MARK.search(point_id)
    return int(found[1]) if found else -1
