"""The log: one table, one total order, over the recorders of the `eventsourcing` library.

SQLite (WAL) is the embedded default; a `postgresql://` location takes the library's PostgreSQL recorder. Both keep the
same contract: events of one `append` land together with the tracking of their source, or not at all.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from eventsourcing import persistence
from eventsourcing.persistence import Notification, ProcessRecorder, StoredEvent, Tracking
from eventsourcing.sqlite import SQLiteDatastore, SQLiteProcessRecorder

from events.arrivals import by_listening, by_looking
from events.errors import ConflictError, LogUnavailableError
from events.ids import Position, SourceId, StreamId
from events.segment_store import SegmentStore
from events.segments import Segments, is_reference
from events.sql_errors import POSTGRES, connection_words, shown, sql_errors
from events.vault import Vault

LOCK_TIMEOUT_S = 30
"""How long a writer waits for another one's transaction on SQLite."""

WAITING = 4
"""Further connections of one open PostgreSQL log, for those who wait in it."""

CONNECT_S = 5
"""How long a PostgreSQL server may take to answer when a log is opened."""

_BY_TAG = "CREATE INDEX IF NOT EXISTS stored_events_topic ON stored_events (topic)"
"""Facts are few among batches: whoever starts finds them without reading the whole log."""

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


class Log:
    """An open log. Use `Log.open`; close it when done. `vault`: the names behind its tokens (None: they lie in it)."""

    def __init__(self, recorder: ProcessRecorder, location: str) -> None:
        self._recorder = recorder
        self._location = location
        self.vault: Vault | None = None
        database = recorder.datastore  # type: ignore[attr-defined]
        self.segment_store = SegmentStore(database, sqlite=isinstance(recorder, SQLiteProcessRecorder))
        self._segments = Segments(self._segment)

    @classmethod
    def open(cls, location: str | Path) -> Self:
        """The log at `location`: a SQLite file (made when absent) or `postgresql://user@host:port/name`."""
        text = str(location)
        where = shown(text)
        with _store_errors(where):
            recorder = _postgres(text) if text.startswith(POSTGRES) else _sqlite(text)
        return cls(recorder, where)

    def append(self, events: Sequence[NewEvent], *, tracking: Tracked | None = None) -> list[Position]:
        """Append all events, and advance the source, in one transaction; positions in the order given.

        Raises ConflictError when a stream version or the source's offset was already written, LogUnavailableError
        when the store cannot take it; in both cases nothing was written.
        """
        stored = [StoredEvent(e.stream, e.version, e.tag, e.state) for e in events]
        mark = Tracking(tracking.source, tracking.offset + 1) if tracking else None
        with _store_errors(self._location):
            positions = self._recorder.insert_events(stored, tracking=mark)
        return [Position(p) for p in positions or ()]

    def read(
        self, after: int = 0, *, upto: int | None = None, tags: Sequence[str] = (), page: int = PAGE
    ) -> Iterator[LogEvent]:
        """Events after position `after` up to `upto` (both optional), in order, of the given tags or all."""
        for event in self.stored(after, upto=upto, tags=tags, page=page):
            yield replace(event, state=self._segments.resolved(event.state)) if is_reference(event.state) else event

    def stored(
        self, after: int = 0, *, upto: int | None = None, tags: Sequence[str] = (), page: int = PAGE
    ) -> Iterator[LogEvent]:
        """As `read`, with batches that lie in segments as mere references to them."""
        while True:
            with _store_errors(self._location):
                found = self._recorder.select_notifications(
                    after, page, stop=upto, topics=tags, inclusive_of_start=False
                )
            yield from map(_log_event, found)
            if len(found) < page:
                return
            after = found[-1].id

    def replace(self, number: int, segment: bytes, references: Mapping[int, bytes]) -> None:
        """Keep a segment, and references into it in the place of batches, by position (`events.compaction`)."""
        with _store_errors(self._location):
            self.segment_store.replace(number, segment, references)

    def shrink(self) -> None:
        """Give a SQLite file's free pages back to the disk; a PostgreSQL server does so by itself."""
        if isinstance(self._recorder, SQLiteProcessRecorder):
            with _store_errors(self._location), closing(sqlite3.connect(self._location)) as file:
                file.executescript("PRAGMA incremental_vacuum")  # `execute` would free one page

    def at(self, position: int) -> LogEvent:
        """The event at `position`; LookupError when there is none."""
        for event in self.read(position - 1, upto=position, page=1):
            return event
        raise LookupError(f"{self._location}: no event at position {position}")

    def stream(self, stream: str, *, after_version: int = 0) -> list[StoredEvent]:
        """Stored events of one stream, in version order (they carry no position)."""
        with _store_errors(self._location):
            return list(self._recorder.select_events(stream, gt=after_version))

    def version(self, stream: str) -> int:
        """Version of the stream's last event, 0 when it has none."""
        with _store_errors(self._location):
            last = self._recorder.select_events(stream, desc=True, limit=1)
        return last[0].originator_version if last else 0

    def head(self) -> Position:
        """Position of the last event, 0 when the log is empty."""
        with _store_errors(self._location):
            return Position(self._recorder.max_notification_id() or 0)

    def wait(self, after: int, timeout_s: float) -> Position:
        """The head as soon as it is past `after`, or after `timeout_s` as it then is."""
        if isinstance(self._recorder, SQLiteProcessRecorder):
            by_looking(self.head, after, timeout_s)
        else:
            self._listen(after, timeout_s)
        return self.head()

    def tracked(self, source: str) -> int | None:
        """The last offset landed from `source`, None when nothing was."""
        with _store_errors(self._location):
            mark = self._recorder.max_tracking_id(source)
        return None if mark is None else mark - 1

    def close(self) -> None:
        """Release the store's connections."""
        self._recorder.close() if hasattr(self._recorder, "close") else self._recorder.datastore.close()  # type: ignore[attr-defined]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self, after: int, timeout_s: float) -> None:
        server: Any = self._recorder
        with _store_errors(self._location), server.datastore.get_connection() as connection:
            by_listening(connection, server.channel_name, self.head, after, timeout_s)

    def _segment(self, number: int) -> bytes | None:
        with _store_errors(self._location):
            return self.segment_store.load(number)


def _sqlite(path: str) -> ProcessRecorder:
    _made_to_shrink(Path(path))
    recorder = SQLiteProcessRecorder(
        SQLiteDatastore(path, lock_timeout=LOCK_TIMEOUT_S, originator_id_type="text", pool_size=2)
    )
    try:
        recorder.max_notification_id()  # a log that is there can be read on a full disk
    except persistence.OperationalError:
        recorder.create_table()
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(path, timeout=0)) as file:
        file.execute(_BY_TAG)  # what may not be written, or is being written, is read without it
    return recorder


def _made_to_shrink(path: Path) -> None:
    """A new file gives pages that compaction frees back to the disk (VACUUM would number the rows anew)."""
    if not path.exists():
        with closing(sqlite3.connect(path)) as file:
            file.execute("PRAGMA auto_vacuum = INCREMENTAL")
            file.execute("VACUUM")


def _postgres(url: str) -> ProcessRecorder:
    import psycopg
    from eventsourcing.postgres import PostgresDatastore, PostgresProcessRecorder  # an extra: psycopg

    said = connection_words(url)
    with sql_errors(url, "the log cannot be used", "check the server, the user and the password"):
        psycopg.connect(url, connect_timeout=CONNECT_S).close()  # the pool would try for long, and not say why
    store = PostgresDatastore("", "", "", "", "", originator_id_type="text", max_overflow=WAITING)
    own: Any = store.pool.kwargs  # then all that the address says, and libpq's own rules for what it leaves out
    store.pool.kwargs = {name: value for name, value in own.items() if value != ""} | said
    recorder = PostgresProcessRecorder(store, events_table_name="stored_events", tracking_table_name="tracking")
    recorder.create_table()
    return recorder


def _log_event(found: Notification) -> LogEvent:
    return LogEvent(
        Position(found.id),
        StreamId(str(found.originator_id)),
        found.originator_version,
        found.topic,
        bytes(found.state),
    )


@contextmanager
def _store_errors(location: str) -> Iterator[None]:
    """Translate the library's errors; the store has rolled back already."""
    try:
        yield
    except persistence.IntegrityError as error:
        raise ConflictError(f"{location}: another writer was first ({error}); reload and try again") from error
    except (persistence.PersistenceError, sqlite3.Error) as error:  # the library lets some of sqlite3's own through
        raise LogUnavailableError(
            f"{location}: the log cannot be used: {error}; {_advice(str(error), location)}"
        ) from error


def _advice(reason: str, location: str) -> str:
    if "locked" in reason:
        return "another process holds it: wait for it or stop it"
    if "full" in reason or _is_full(Path(location).parent):
        return "free some disk space: nothing was written, and reading goes on where it stopped"
    if "unable to open" in reason or "readonly" in reason:
        return "check that the folder exists and may be written"
    return "check the disk or the server; nothing was written"


def _is_full(folder: Path) -> bool:
    """Whether the folder's disk has less room than SQLite needs for one page of its write-ahead log."""
    return folder.is_dir() and shutil.disk_usage(folder).free < 64 * 1024
