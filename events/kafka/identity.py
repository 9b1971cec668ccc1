"""Messages that bear the CloudEvents source and id of an earlier one with other content: a publisher's fault, told.

Such a message lands like any other, since what tells nothing new is known by its content (decision 0002): nothing is
overwritten in silence, and nothing is lost for a publisher that counts its ids from 1 again.
"""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from events.kafka.port import Fetched
from events.quarantine import Refusal

NOTE = "kafka"
"""Format of a refusal that tells of a topic, and stands for no message's content."""

REMEMBERED = 100_000
"""Identities kept, the latest of this run: half a minute of ten times the city's load."""

WHOLE_BYTES = 4_096
"""Longer contents are compared by their length, beginning and end."""


class Identities:
    """The identities of the latest messages in binary mode, each with the digest of the content it first had."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._first: OrderedDict[tuple[bytes, bytes], int] = OrderedDict()

    def clashes(self, fetched: Fetched) -> list[Refusal]:
        """One refusal for the messages whose identity had other content before; nothing when there are none.

        Its payload is `{"count":…,"id":…,"source":…}`: how many, and the first one's identity.
        """
        found: list[tuple[int, tuple[bytes, bytes]]] = []
        for offset, headers, value in zip(fetched.offsets, fetched.headers, fetched.values, strict=True):
            named = dict(headers)
            source, name = named.get("ce_source"), named.get("ce_id")
            if source and name and value is not None:
                digest = _digest(value)
                if self._first.setdefault((source, name), digest) != digest:
                    found.append((offset, (source, name)))
        while len(self._first) > self._remembered:
            self._first.popitem(last=False)
        return [_told(len(found), *found[0])] if found else []


def _told(count: int, offset: int, identity: tuple[bytes, bytes]) -> Refusal:
    source, name = (part.decode(errors="replace") for part in identity)
    payload = msgspec.json.encode({"count": count, "id": name, "source": source})
    reason = (
        f"a message has the CloudEvents source {source!r} and id {name!r} of an earlier one, but other content; "
        f"it landed as a message of its own ({count} such); mend the publisher"
    )
    return Refusal(offset, NOTE, reason, payload)


def _digest(value: bytes) -> int:
    if len(value) <= WHOLE_BYTES:
        return hash(value)
    return hash((len(value), value[: WHOLE_BYTES // 2], value[-WHOLE_BYTES // 2 :]))
