"""Is the log whole: every digest, every stream's versions, every tag's schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from events import batch
from events.batch import BATCH
from events.entities import ENTITIES, SEALED
from events.errors import CorruptEventError
from events.log import Log, LogEvent
from events.quarantine import QUARANTINE, RELEASED
from twin.codec import decode


@dataclass(frozen=True)
class Report:
    """Events read, the last position, and what is wrong (empty: nothing)."""

    events: int
    position: int
    problems: tuple[str, ...]


def verify(log: Log) -> Report:
    """Read the whole log and say what does not hold together."""
    events, position, problems = 0, 0, []
    versions: dict[str, int] = {}
    for event in log.read():
        problems += [f"position {event.position}: {p}" for p in _problems(event, versions.get(event.stream, 0))]
        versions[event.stream] = event.version
        events, position = events + 1, event.position
    return Report(events, position, tuple(problems))


def _problems(event: LogEvent, before: int) -> Iterator[str]:
    if event.version != before + 1:
        yield f"stream {event.stream} goes from version {before} to {event.version}"
    if event.tag in (BATCH, ENTITIES, SEALED, QUARANTINE, RELEASED):
        if (found := batch.verify(event.state)) is not None:
            yield f"{event.tag}: {found}"
        return
    try:
        decode(event.tag, event.state)
    except CorruptEventError as error:
        yield str(error)
