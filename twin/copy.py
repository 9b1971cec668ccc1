"""A log moved from one store to another: the same events at the same positions, the same tracked offsets."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from events.errors import ConflictError, CorruptEventError, UsageError
from events.log import Log
from events.log_tables import marks, write
from twin.verify import verify


@dataclass(frozen=True)
class Copied:
    """What was copied: events, the last position, tracked sources, and the digest that both logs have."""

    events: int
    position: int
    sources: int
    digest: str


def copy_log(source: str, target: str) -> Copied:
    """Copy the log at `source` into the empty log at `target`, and compare them event by event.

    UsageError when the target holds anything; ConflictError when the source was written meanwhile (the target may
    then hold a part: empty it and copy again); CorruptEventError when the two differ or the copy does not verify.
    """
    with Log.open(target) as empty:
        if empty.head():
            raise UsageError(f"{_shown(target)}: holds events already; give an empty log")
    with Log.open(source) as old:
        tracked, head = marks(source), old.head()
        with Log.open(target) as new:
            new.segment_store.copy_from(old.segment_store)
        write(target, old.stored(upto=head), tracked)
        if old.head() != head or marks(source) != tracked:
            raise ConflictError(
                f"{_shown(source)}: was written while it was copied; stop the ingester, empty the copy, and try again"
            )
    events, digest = log_digest(source)
    found = log_digest(target)
    with Log.open(target) as new:
        problems = verify(new).problems
    if found != (events, digest) or problems:
        told = problems[0] if problems else f"digest {found[1][:12]}… where the source has {digest[:12]}…"
        raise CorruptEventError(f"{_shown(target)}: the copy does not hold together: {told}")
    return Copied(events, head, len(tracked), digest)


def log_digest(location: str) -> tuple[int, str]:
    """Events of a log, and SHA-256 over every position, stream, version, tag and state, in order."""
    total, events = hashlib.sha256(), 0
    with Log.open(location) as log:
        for event in log.read():
            head = f"{event.position}\x1f{event.stream}\x1f{event.version}\x1f{event.tag}\x1f{len(event.state)}\n"
            total.update(head.encode() + event.state)
            events += 1
    return events, total.hexdigest()


def _shown(location: str) -> str:
    """A location without the password in it."""
    return location.rsplit("@", 1)[-1]
