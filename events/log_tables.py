"""The log's tables as rows, for copying a log whole: `events.log` appends, this keeps positions as they were.

Two tables are the `eventsourcing` library's, version 9.5: stored_events (its rowid, or notification_id, is the
position) and tracking. The third is `events.segment_store`'s.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing

from events.log import Log, LogEvent
from events.sql_errors import POSTGRES, sql_errors

Mark = tuple[str, int]
"""A tracked source as stored: name, and the last offset plus one."""

_TROUBLE = ("the log cannot be copied", "nothing was written")
_MARKS = "SELECT application_name, notification_id FROM tracking ORDER BY application_name"
_KEPT = "INSERT INTO tracking VALUES (?, ?) ON CONFLICT (application_name) DO UPDATE SET notification_id = ?"
_EVENT = "INSERT INTO stored_events (rowid, originator_id, originator_version, topic, state) VALUES (?, ?, ?, ?, ?)"
_COPY = "COPY stored_events (notification_id, originator_id, originator_version, topic, state) FROM STDIN"
_SEGMENTS = "SELECT number, state FROM segments ORDER BY number"
_SEALS = "SELECT position, digest, before_digest FROM seals ORDER BY position"
_EVENTS = """
    SELECT notification_id, originator_id, originator_version, topic, state FROM stored_events
    ORDER BY notification_id
"""
_ROWS_AT_ONCE = 64
_NEXT = """
    SELECT setval(pg_get_serial_sequence('stored_events', 'notification_id'), max(notification_id)) FROM stored_events
"""


def marks(location: str) -> list[Mark]:
    """Every tracked source of the log at `location`."""
    Log.open(location).close()  # makes the tables of a new log
    with sql_errors(location, *_TROUBLE):
        if location.startswith(POSTGRES):
            import psycopg

            with psycopg.connect(location) as server:
                return [(str(name), int(at)) for name, at in server.execute(_MARKS)]
        with closing(sqlite3.connect(location)) as file:
            found: list[Mark] = file.execute(_MARKS).fetchall()
        return found


def write(location: str, events: Iterable[LogEvent], tracked: Iterable[Mark]) -> None:
    """Put events at their positions, and the marks, in one transaction; LogUnavailableError: nothing was written."""
    rows = ((e.position, e.stream, e.version, e.tag, e.state) for e in events)
    with sql_errors(location, *_TROUBLE):
        (_to_postgres if location.startswith(POSTGRES) else _to_sqlite)(location, rows, tracked)


def snapshot(location: str, path: str) -> None:
    """The log at `location` as one SQLite file at `path`: one consistent state, while writers go on writing."""
    with sql_errors(location, *_TROUBLE):
        (_postgres_snapshot if location.startswith(POSTGRES) else _sqlite_snapshot)(location, path)


def close_file(path: str) -> None:
    """Leave a SQLite log as one file, without a write-ahead log beside it."""
    with sql_errors(path, *_TROUBLE), closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA journal_mode = DELETE")


def _sqlite_snapshot(location: str, path: str) -> None:
    with closing(sqlite3.connect(location)) as file, closing(sqlite3.connect(path)) as copy:
        file.backup(copy)


def _postgres_snapshot(url: str, path: str) -> None:
    import psycopg

    with Log.open(path) as made:
        made.segment_store.next_number()  # makes the table
        made.seal_store.make()
    with Log.open(url) as log:
        log.segment_store.next_number()
        log.seal_store.make()
    with psycopg.connect(url) as server, closing(sqlite3.connect(path)) as file, file:
        server.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        file.executemany(_KEPT, [(name, at, at) for name, at in server.execute(_MARKS)])
        file.executemany("INSERT INTO segments VALUES (?, ?)", server.execute(_SEGMENTS))
        file.executemany("INSERT INTO seals VALUES (?, ?, ?)", server.execute(_SEALS))
        with server.cursor("backup") as rows:
            rows.itersize = _ROWS_AT_ONCE
            file.executemany(_EVENT, rows.execute(_EVENTS))


def _to_sqlite(path: str, rows: Iterable[tuple[object, ...]], tracked: Iterable[Mark]) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.executemany(_EVENT, rows)
        file.executemany(_KEPT, [(name, at, at) for name, at in tracked])


def _to_postgres(url: str, rows: Iterable[tuple[object, ...]], tracked: Iterable[Mark]) -> None:
    import psycopg

    with psycopg.connect(url) as server, server.cursor() as cursor:
        with cursor.copy(_COPY) as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(_NEXT)
        cursor.executemany(_KEPT.replace("?", "%s").encode(), [(name, at, at) for name, at in tracked])
