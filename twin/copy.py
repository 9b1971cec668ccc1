"""A log moved from one store to another: the same events at the same positions, the same tracked offsets."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from events import batch
from events.entities import ENTITIES, PRIVATE, SEALED, names_schema, sealed
from events.errors import ConflictError, CorruptEventError, UsageError
from events.log import Log, LogEvent
from events.log_tables import marks, write
from events.observations import FAMILIES
from events.sql_errors import shown
from events.vault import Vault
from twin.verify import verify


@dataclass(frozen=True)
class Copied:
    """What was copied: events, the last position, tracked sources, and the digest that both logs have."""

    events: int
    position: int
    sources: int
    digest: str


def copy_log(source: str, target: str, seal: Vault | None = None) -> Copied:
    """Copy the log at `source` into the empty log at `target`, and compare them event by event.

    With `seal`, names that may be a household's and lie in the source itself go to that vault, and the copy has tokens.
    UsageError when the target holds anything; ConflictError when the source was written meanwhile (the target may
    then hold a part: empty it and copy again); CorruptEventError when the two differ or the copy does not verify.
    """
    with Log.open(target) as empty:
        if empty.head():
            raise UsageError(f"{shown(target)}: holds events already; give an empty log")
    with Log.open(source) as old:
        tracked, head = marks(source), old.head()
        with Log.open(target) as new:
            new.segment_store.copy_from(old.segment_store)
        write(target, (_sealed(event, seal) for event in old.stored(upto=head)), tracked)
        sealed = old.seals()[-1:] if seal is None else []  # names under tokens are another log
        if old.head() != head or marks(source) != tracked:
            raise ConflictError(
                f"{shown(source)}: was written while it was copied; stop the ingester, empty the copy, and try again"
            )
    events, digest = log_digest(source, seal)
    found = log_digest(target)
    with Log.open(target) as new:
        for last in sealed:
            new.seal_store.keep(last)
        problems = verify(new).problems
    if found != (events, digest) or problems:
        told = problems[0] if problems else f"digest {found[1][:12]}… where the source has {digest[:12]}…"
        raise CorruptEventError(f"{shown(target)}: the copy does not hold together: {told}")
    return Copied(events, head, len(tracked), digest)


def log_digest(location: str, seal: Vault | None = None) -> tuple[int, str]:
    """Events of a log (sealed with `seal`), and SHA-256 over every position, stream, version, tag, state in order."""
    total, events = hashlib.sha256(), 0
    with Log.open(location) as log:
        for event in (_sealed(event, seal) for event in log.read()):
            head = f"{event.position}\x1f{event.stream}\x1f{event.version}\x1f{event.tag}\x1f{len(event.state)}\n"
            total.update(head.encode() + event.state)
            events += 1
    return events, total.hexdigest()


def _sealed(event: LogEvent, vault: Vault | None) -> LogEvent:
    """The event, with tokens where it named points; the same names give the same tokens every time."""
    if vault is None or event.tag != ENTITIES:
        return event
    header = batch.header_of(event.state)
    if header.family not in PRIVATE:
        return event
    family = FAMILIES[header.family]
    frame = sealed(family, batch.decode(event.state, names_schema(family)), vault, header.recorded_at)
    return replace(event, tag=SEALED, state=batch.encode(header, frame))
