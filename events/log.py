"""The log: one table, one total order, over the recorders of the `eventsourcing` library.

SQLite (WAL) is the embedded default; a `postgresql://` location takes the library's PostgreSQL recorder. Both keep the
same contract: events of one `append` land together with the tracking of their source, or not at all.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from eventsourcing.persistence import Notification, ProcessRecorder, StoredEvent, Tracking

from events import batch
from events.arrivals import by_listening, by_looking
from events.errors import CorruptEventError, LogReplacedError
from events.ids import Position, SourceId, StreamId
from events.log_seals import SealedLog
from events.log_store import postgres_recorder, sqlite_recorder, store_errors
from events.sealing.record_clock import RISING
from events.sealing.store import SealStore
from events.segment_store import SegmentStore
from events.segments import Segments, is_reference
from events.sql_errors import POSTGRES, integrity, shown
from events.told_again import Filler
from events.vault import Vault

if TYPE_CHECKING:
    import polars as pl

PAGE = 64
"""Events read from the store at once; a batch is about 60 kB."""


@dataclass(frozen=True)
class NewEvent:
    """An event to append: `version` counts from 1 within its stream, `tag` is its stored type name (`batch.v1`)."""

    stream: StreamId
    version: int
    tag: str
    state: bytes


@dataclass(frozen=True)
class LogEvent:
    """A fact in the log at its position."""

    position: Position
    stream: StreamId
    version: int
    tag: str
    state: bytes


@dataclass(frozen=True)
class Tracked:
    """How far a source partition has been read; `offset` counts from 0."""

    source: SourceId
    offset: int


class Log(SealedLog):
    """An open log. Use `Log.open`; close it when done. `vault`: the names behind its tokens (None: they lie in it).

    A SQLite log whose file is replaced while it is open (a restore in place) is noticed at the next question: the log
    that lies there now answers, and whoever was in the midst of reading or appending gets LogReplacedError.
    """

    def __init__(self, location: str) -> None:
        self._where = location
        self._location = shown(location)
        self._sqlite = not location.startswith(POSTGRES)
        self.vault: Vault | None = None
        self.record_clock = RISING
        """Where record times do not rise, as whoever folded the log found (`twin.projector`)."""
        self.appended: Sequence[LogEvent] = ()
        """What the last `append` through this object stored: with record times that rise, and digests."""
        self._opening = threading.Lock()
        self._open()

    @classmethod
    def open(cls, location: str | Path) -> Self:
        """The log at `location`: a SQLite file (made when absent) or `postgresql://user@host:port/name`."""
        return cls(str(location))

    def append(self, events: Sequence[NewEvent], *, tracking: Tracked | None = None) -> list[Position]:
        """Append all events, and advance the source, in one transaction; positions in the order given.

        Raises ConflictError when a stream version or the source's offset was already written, LogUnavailableError
        when the store cannot take it (ClockAheadError: this writer's clock); in both cases nothing was written.
        """
        stored = [StoredEvent(e.stream, e.version, e.tag, e.state) for e in events]
        mark = Tracking(tracking.source, tracking.offset + 1) if tracking else None
        with self._store() as recorder:
            positions = recorder.insert_events(stored, tracking=mark) or ()
        if self._is_replaced():
            raise LogReplacedError(f"{self._location}: was replaced while an append was under way; append again")
        self.appended = [
            LogEvent(Position(p), e.stream, e.version, e.tag, done.state)
            for p, e, done in zip(positions, events, stored, strict=True)
        ]
        return [event.position for event in self.appended]

    def read(
        self, after: int = 0, *, upto: int | None = None, tags: Sequence[str] = (), page: int = PAGE
    ) -> Iterator[LogEvent]:
        """Events after position `after` up to `upto` (both optional), in order, of the given tags or all."""
        for event in self.recorded(after, upto=upto, tags=tags, page=page):
            if event.tag == batch.BATCH and batch.refers(event.state):
                yield replace(event, state=self._filler(event.state).filled(event.position, event.state))
            else:
                yield event

    def recorded(
        self, after: int = 0, *, upto: int | None = None, tags: Sequence[str] = (), page: int = PAGE
    ) -> Iterator[LogEvent]:
        """As `read`, with rows that refer to other batches as they are; `full_rows` has them in full."""
        for event in self.stored(after, upto=upto, tags=tags, page=page):
            yield replace(event, state=self._resolved(event.state)) if is_reference(event.state) else event

    def full_rows(self, event: LogEvent, schema: dict[str, pl.DataType]) -> pl.DataFrame:
        """Every row in full, of a batch of `recorded` in which some refer to other batches (`batch.refers`)."""
        return self._filler(event.state).rows(event.position, event.state).select(list(schema))

    def stored(
        self, after: int = 0, *, upto: int | None = None, tags: Sequence[str] = (), page: int = PAGE
    ) -> Iterator[LogEvent]:
        """As `read`, with batches that lie in segments as mere references to them."""
        begun: ProcessRecorder | None = None
        while True:
            with self._store() as recorder:
                if recorder is not (begun := begun or recorder):
                    raise LogReplacedError(f"{self._location}: was replaced while it was read; read it again")
                found = recorder.select_notifications(after, page, stop=upto, topics=tags, inclusive_of_start=False)
            yield from map(_log_event, found)
            if len(found) < page:
                return
            after = found[-1].id

    def replace(self, number: int, segment: bytes, references: Mapping[int, bytes]) -> None:
        """Keep a segment, and references into it in the place of batches, by position (`events.compaction`)."""
        with self._store():
            self.segment_store.replace(number, segment, references)

    def shrink(self) -> None:
        """Give a SQLite file's free pages back to the disk; a PostgreSQL server does so by itself."""
        if self._sqlite:
            with store_errors(self._location), closing(sqlite3.connect(self._where)) as file:
                file.executescript("PRAGMA incremental_vacuum")  # `execute` would free one page

    def at(self, position: int) -> LogEvent:
        """The event at `position`; LookupError when there is none."""
        for event in self.read(position - 1, upto=position, page=1):
            return event
        raise LookupError(f"{self._location}: no event at position {position}")

    def stream(self, stream: str, *, after_version: int = 0) -> list[StoredEvent]:
        """Stored events of one stream, in version order (they carry no position)."""
        with self._store() as recorder:
            return list(recorder.select_events(stream, gt=after_version))

    def version(self, stream: str) -> int:
        """Version of the stream's last event, 0 when it has none."""
        with self._store() as recorder:
            last = recorder.select_events(stream, desc=True, limit=1)
        return last[0].originator_version if last else 0

    def head(self) -> Position:
        """Position of the last event, 0 when the log is empty."""
        with self._store() as recorder:
            return Position(recorder.max_notification_id() or 0)

    def wait(self, after: int, timeout_s: float) -> Position:
        """The head as soon as it is past `after`, or after `timeout_s` as it then is."""
        if self._sqlite:
            by_looking(self.head, after, timeout_s)
        else:
            self._listen(after, timeout_s)
        return self.head()

    def tracked(self, source: str) -> int | None:
        """The last offset landed from `source`, None when nothing was."""
        with self._store() as recorder:
            mark = recorder.max_tracking_id(source)
        return None if mark is None else mark - 1

    def amiss(self) -> list[str]:
        """What is wrong with a SQLite log's file, by its own check (a server has its own); never raises."""
        return integrity(self._where) if self._sqlite else []

    def close(self) -> None:
        """Release the store's connections."""
        self._recorder.close() if hasattr(self._recorder, "close") else self._recorder.datastore.close()  # type: ignore[attr-defined]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> None:
        with store_errors(self._location):
            recorder = sqlite_recorder(self._where) if self._sqlite else postgres_recorder(self._where)
        self._identity = _identity(self._where) if self._sqlite else None
        self._recorder: ProcessRecorder = recorder
        database = recorder.datastore  # type: ignore[attr-defined]
        self.segment_store = SegmentStore(database, sqlite=self._sqlite)
        self.seal_store = SealStore(database, sqlite=self._sqlite)
        self._segments = Segments(self._segment)
        self._fillers: dict[str, Filler] = {}
        recorder.stamps.resolved = self._resolved  # type: ignore[attr-defined]

    @contextmanager
    def _store(self) -> Iterator[ProcessRecorder]:
        """The recorder of the log that lies there now, its errors as ours."""
        if self._is_replaced():
            with self._opening:
                if self._is_replaced():
                    if not Path(self._where).exists():
                        raise LogReplacedError(f"{self._location}: the log's file is gone; put it back or restore it")
                    old = self._recorder
                    self._open()
                    old.datastore.close()  # type: ignore[attr-defined]
        with store_errors(self._location):
            yield self._recorder

    def _is_replaced(self) -> bool:
        return self._sqlite and _identity(self._where) != self._identity

    def _listen(self, after: int, timeout_s: float) -> None:
        server: Any = self._recorder
        with store_errors(self._location), server.datastore.get_connection() as connection:
            by_listening(connection, server.channel_name, self.head, after, timeout_s)

    def _resolved(self, state: bytes) -> bytes:
        return self._segments.resolved(state) if is_reference(state) else state

    def _filler(self, state: bytes) -> Filler:
        return self._fillers.setdefault(batch.header_of(state).family, Filler(self._batch_at))

    def _batch_at(self, position: int) -> bytes:
        event = next(self.recorded(position - 1, upto=position, page=1), None)
        if event is None or event.tag != batch.BATCH:
            raise CorruptEventError(f"{self._location}: no batch at position {position}; run `twin log verify`")
        return event.state

    def _segment(self, number: int) -> bytes | None:
        with self._store():
            return self.segment_store.load(number)


def _identity(path: str) -> tuple[int, int] | None:
    """Which file lies at a path, None: none does."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _log_event(found: Notification) -> LogEvent:
    return LogEvent(
        Position(found.id),
        StreamId(str(found.originator_id)),
        found.originator_version,
        found.topic,
        bytes(found.state),
    )
