"""The log in chunks for a projector to fold, their batches decoded ahead of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from events import batch
from events.batch import BATCH, Header
from events.log import Log, LogEvent
from events.observations import FAMILIES
from events.sealing.records import sound
from twin.latest import landed
from twin.projection import Batch


def decoded(log: Log, chunks: Iterable[list[LogEvent]]) -> Iterator[tuple[list[LogEvent], list[Batch]]]:
    """Events with the batches among them; the next ones are decoded while these are folded."""
    with ThreadPoolExecutor(1) as pool:
        coming: deque[tuple[list[LogEvent], Future[list[Batch]]]] = deque()
        for events in chunks:
            coming.append((events, pool.submit(_batches, log, events)))
            if len(coming) > 1:
                now, batches = coming.popleft()
                yield now, batches.result()
        yield from ((now, batches.result()) for now, batches in coming)


def _batches(log: Log, events: Sequence[LogEvent]) -> list[Batch]:
    told = [(event, batch.header_of(event.state)) for event in events if event.tag == BATCH]
    return [_batch(log, event, header) for event, header in told if header.rows]


def _batch(log: Log, event: LogEvent, header: Header) -> Batch:
    family = FAMILIES[header.family]
    full = header.referring > 0
    rows = log.full_rows(event, family.stored) if full else batch.decode(sound(event).state, family.stored)
    return Batch(family, event.position, header, landed(family, rows, event.position))


def chunks(log: Log, after: int, upto: int, *, rows: int) -> Iterator[list[LogEvent]]:
    """Events in lists of about that many rows."""
    chunk: list[LogEvent] = []
    held = 0
    for event in log.recorded(after, upto=upto):
        chunk.append(event)
        held += batch.header_of(event.state).rows if event.tag == BATCH else 1
        if held >= rows:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk
