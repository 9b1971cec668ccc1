"""The log's store, held or cut off from outside."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg

from twin.place import Place


@contextmanager
def locked(place: Place) -> Iterator[None]:
    """Nobody else can write the log meanwhile."""
    where = place.read().log
    if "://" in where:
        with psycopg.connect(where) as server:
            server.execute("LOCK TABLE stored_events IN ACCESS EXCLUSIVE MODE")
            yield
    else:
        with closing(sqlite3.connect(place.directory / where, isolation_level=None, timeout=30)) as file:
            file.execute("BEGIN EXCLUSIVE")
            yield
            file.execute("ROLLBACK")


def disconnected(place: Place) -> None:
    """The server ends every other session on the log's database, in whatever it is doing."""
    with psycopg.connect(place.read().log) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
