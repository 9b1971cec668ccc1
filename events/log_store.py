"""The recorders of the `eventsourcing` library as the log uses them: SQLite (WAL) or PostgreSQL, record times rising.

Both stamp what they insert (`events.sealing.rising`) in the transaction of the insert, behind the lock that gives out
positions: two writers at once cannot have the same last record.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from eventsourcing import persistence
from eventsourcing.persistence import ProcessRecorder, StoredEvent
from eventsourcing.sqlite import SQLiteCursor, SQLiteDatastore, SQLiteProcessRecorder

from events.clock import micros, now
from events.errors import ConflictError, LogUnavailableError
from events.sealing.records import recorded_us
from events.sealing.rising import rising
from events.sql_errors import connection_words, shown, sql_errors

LOCK_TIMEOUT_S = 30
"""How long a writer waits for another one's transaction on SQLite."""

WAITING = 4
"""Further connections of one open PostgreSQL log, for those who wait in it."""

ASKED_S = 10.0
"""How long an answer of the file system's clock is carried on; it takes a millisecond."""

CONNECT_S = 5
"""How long a PostgreSQL server may take to answer when a log is opened."""

_BY_TAG = "CREATE INDEX IF NOT EXISTS stored_events_topic ON stored_events (topic)"
"""Facts are few among batches: whoever starts finds them without reading the whole log."""

_LOCK = "UPDATE tracking SET notification_id = notification_id WHERE 0"
"""Changes nothing, and makes the transaction the writing one before it reads: it would else be refused, not wait."""

_LAST = "SELECT {position} AS position, state FROM stored_events ORDER BY {position} DESC LIMIT 1"
_NEWEST = "SELECT max({position}) AS position FROM stored_events"


class Stamps:
    """Gives record times to what one recorder inserts, and knows the last one that it gave."""

    def __init__(self, where: str, column: str) -> None:
        self._where = where
        self._newest, self._last = _NEWEST.format(position=column), _LAST.format(position=column)
        self._given: tuple[int, int | None] = (-1, None)
        self._stamped: int | None = None
        self.resolved: Callable[[bytes], bytes] = lambda state: state
        """What a reference to a segment stands for."""

    def stamp(self, cursor: Any, stored: list[StoredEvent], clock: Any) -> None:
        """Bring `stored` into the form that is stored, in place; the writing lock is held."""
        before = self._before(cursor)
        stored[:] = rising(stored, before, clock, self._where)
        times = [us for us in (recorded_us(event.state) for event in stored) if us is not None]
        self._stamped = times[-1] if times else before

    def inserted(self, positions: Sequence[int]) -> None:
        """Note where what was stamped last lies."""
        if positions:
            self._given = (int(positions[-1]), self._stamped)

    def _before(self, cursor: Any) -> int | None:
        """Record time of the log's last event: known where it is our own."""
        cursor.execute(self._newest)
        newest = cursor.fetchone()["position"]
        if newest is None:
            return None
        if newest == self._given[0] and self._given[1] is not None:
            return self._given[1]
        cursor.execute(self._last)
        return recorded_us(self.resolved(bytes(cursor.fetchone()["state"])))


class RisingSQLite(SQLiteProcessRecorder):
    """SQLite's recorder. The clock of its store is the file system's, which may be another machine's."""

    def __init__(self, path: str) -> None:
        super().__init__(SQLiteDatastore(path, lock_timeout=LOCK_TIMEOUT_S, originator_id_type="text", pool_size=2))
        self._folder = Path(path).resolve().parent
        self.stamps = Stamps(path, "rowid")
        self._asked: tuple[float, int] | None = None

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """As the library; `stored_events` (a list) is left as it was stored."""
        positions = super().insert_events(stored_events, **kwargs)
        self.stamps.inserted(positions or ())
        return positions

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        if stored_events and isinstance(stored_events, list):
            c.execute(_LOCK)
            self.stamps.stamp(c, stored_events, self._clock)
        return super()._insert_events(c, stored_events, **kwargs)

    def _clock(self) -> int:
        """The file system's clock, asked at most once in ASKED_S and carried on from there."""
        moment = time.monotonic()
        if self._asked is None or moment - self._asked[0] > ASKED_S:
            self._asked = (moment, self._file_clock())
        return self._asked[1] + int((moment - self._asked[0]) * 1_000_000)

    def _file_clock(self) -> int:
        with suppress(OSError), tempfile.TemporaryFile(dir=self._folder) as file:
            file.write(b"?")
            file.flush()
            return os.fstat(file.fileno()).st_mtime_ns // 1000
        return micros(now())


def sqlite_recorder(path: str) -> RisingSQLite:
    """The recorder of a SQLite file, which is made when it is absent."""
    _made_to_shrink(Path(path))
    recorder = RisingSQLite(path)
    try:
        recorder.max_notification_id()  # a log that is there can be read on a full disk
    except persistence.OperationalError:
        recorder.create_table()
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(path, timeout=0)) as file:
        file.execute(_BY_TAG)  # what may not be written, or is being written, is read without it
    return recorder


def postgres_recorder(url: str) -> ProcessRecorder:
    """The recorder of a PostgreSQL database; needs the extra `postgres`."""
    import psycopg
    from eventsourcing.postgres import PostgresDatastore, PostgresProcessRecorder

    class RisingPostgres(PostgresProcessRecorder):
        """PostgreSQL's recorder. The clock of its store is the server's."""

        def __init__(self, store: PostgresDatastore, where: str) -> None:
            super().__init__(store, events_table_name="stored_events", tracking_table_name="tracking")
            self.stamps = Stamps(where, "notification_id")

        def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
            positions: Sequence[int] | None = super().insert_events(stored_events, **kwargs)
            self.stamps.inserted(positions or ())
            return positions

        def _insert_events(self, curs: Any, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
            if stored_events and isinstance(stored_events, list):
                self._lock_table(curs)
                self.stamps.stamp(curs, stored_events, lambda: _server_clock(curs))
            super()._insert_events(curs, stored_events, **kwargs)

    said = connection_words(url)
    with sql_errors(url, "the log cannot be used", "check the server, the user and the password"):
        psycopg.connect(url, connect_timeout=CONNECT_S).close()  # the pool would try for long, and not say why
    store = PostgresDatastore("", "", "", "", "", originator_id_type="text", max_overflow=WAITING)
    own: Any = store.pool.kwargs  # then all that the address says, and libpq's own rules for what it leaves out
    store.pool.kwargs = {name: value for name, value in own.items() if value != ""} | said
    recorder = RisingPostgres(store, shown(url))
    recorder.create_table()
    return recorder


def _server_clock(cursor: Any) -> int:
    cursor.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS us")
    return int(cursor.fetchone()["us"])


def _made_to_shrink(path: Path) -> None:
    """A new file gives pages that compaction frees back to the disk (VACUUM would number the rows anew)."""
    if not path.exists():
        with closing(sqlite3.connect(path)) as file:
            file.execute("PRAGMA auto_vacuum = INCREMENTAL")
            file.execute("VACUUM")


@contextmanager
def store_errors(location: str) -> Iterator[None]:
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
    if "malformed" in reason or "not a database" in reason:
        return "the file is damaged: look at it with `twin log verify`, and restore it from a backup (twin restore)"
    if "unable to open" in reason or "readonly" in reason:
        return "check that the folder exists and may be written"
    return "check the disk or the server; nothing was written"


def _is_full(folder: Path) -> bool:
    """Whether the folder's disk has less room than SQLite needs for one page of its write-ahead log."""
    return folder.is_dir() and shutil.disk_usage(folder).free < 64 * 1024
