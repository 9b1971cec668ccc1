"""The hash chain over the log: one digest that stands for every event up to a position.

    D(nothing) = SHA-256 of CHAIN
    D(n)       = SHA-256 of D(n - 1), position, stream, version, tag and content of the n-th event

Content is `records.content`, so that a compaction, which changes bytes and nothing else, changes no digest. What is
derived from a log (lake, checkpoint, an ingester's memory) carries the Mark at which it stands: a log that was put
back and grew again has other events there, however high its head is.
"""

from __future__ import annotations

import hashlib

import msgspec

from events.sealing.records import Record, content

CHAIN = "taipei-twin log chain 1"
"""What is hashed, and in which order: another version is another word here."""

_START = hashlib.sha256(CHAIN.encode()).hexdigest()


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a reader of the log stands: the last event it took, the chain's digest there and that of the event before.

    One event of the log therefore tells whether it is still the same one (`follows`).
    """

    position: int = 0
    digest: str = _START
    before: str = ""

    def after(self, event: Record) -> Mark:
        """The mark once `event`, the next one of the log, is taken."""
        return Mark(int(event.position), link(self.digest, event), self.digest)

    def follows(self, event: Record | None) -> bool:
        """Whether `event`, what the log has at this mark's position, is the one that was taken."""
        if event is None or event.position != self.position:
            return False
        return link(self.before, event) == self.digest


BEGINNING = Mark()
"""Before the first event."""


def link(before: str, event: Record) -> str:
    """The chain's digest at `event`, given that before it."""
    words = (before, event.position, event.stream, event.version, event.tag, content(event.state))
    return hashlib.sha256("\x1f".join(map(str, words)).encode()).hexdigest()
