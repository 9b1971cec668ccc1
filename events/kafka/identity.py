"""Messages that bear the CloudEvents source and id of an earlier one with other content: a publisher's fault, told.

Such a message lands like any other, since what tells nothing new is known by its content (decision 0002): nothing is
overwritten in silence, and nothing is lost for a publisher that counts its ids from 1 again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from events.kafka.port import Fetched, Headers
from events.quarantine import CLASH, Refusal

REMEMBERED = 100_000
"""Identities kept, the latest of this run: half a minute of ten times the city's load."""

Identity = tuple[bytes, bytes]
"""CloudEvents source and id."""

SOURCE, ID = "ce_source", "ce_id"

WHOLE_BYTES = 4_096
"""Longer contents are compared by their length, beginning and end."""


class Identities:
    """The identities of the latest messages in binary mode, each with the digest of the content it first had."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        """At least so many are remembered, and after the next poll at most twice as many."""
        self._remembered = remembered
        self._first: dict[Identity, int] = {}
        self._before: dict[Identity, int] = {}

    def clashes(self, fetched: Fetched) -> list[Refusal]:
        """One refusal for the messages whose identity had other content before; nothing when there are none.

        Its payload is `{"count":…,"id":…,"source":…}`: how many, and the first one's identity.
        """
        found: list[tuple[int, Identity]] = []
        for offset, identity, value in zip(fetched.offsets, _identities(fetched.headers), fetched.values, strict=True):
            if identity is None or not identity[1] or value is None:
                continue
            digest = hash(value) if len(value) <= WHOLE_BYTES else _digest(value)
            if self._before.get(identity, digest) != digest or self._first.setdefault(identity, digest) != digest:
                found.append((offset, identity))
        if len(self._first) >= self._remembered:
            self._before, self._first = self._first, {}
        return [_told(len(found), *found[0])] if found else []


def _identities(envelopes: Sequence[Headers]) -> Iterator[Identity | None]:
    """Source and id of each message; its headers lie where the first one's do, as a rule."""
    names = [name for name, _ in envelopes[0]] if envelopes else []
    at_source, at_id = (names.index(name) if name in names else 0 for name in (SOURCE, ID))
    for headers in envelopes:
        if len(headers) == len(names) and names and headers[at_source][0] == SOURCE and headers[at_id][0] == ID:
            yield headers[at_source][1], headers[at_id][1]
        else:
            named = dict(headers)
            yield (named[SOURCE], named[ID]) if SOURCE in named and ID in named else None


def _told(count: int, offset: int, identity: Identity) -> Refusal:
    source, name = (part.decode(errors="replace") for part in identity)
    payload = msgspec.json.encode({"count": count, "id": name, "source": source})
    reason = (
        f"a message has the CloudEvents source {source!r} and id {name!r} of an earlier one, but other content; "
        f"it landed as a message of its own ({count} such); mend the publisher"
    )
    return Refusal(offset, CLASH, reason, payload)


def _digest(value: bytes) -> int:
    return hash((len(value), value[: WHOLE_BYTES // 2], value[-WHOLE_BYTES // 2 :]))
