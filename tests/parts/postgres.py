"""A real PostgreSQL server, from the machine's own programs, in a directory that goes away."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from deploy.kafka.broker import follow_this_process, free_port
from tests.parts.required import need

WITH_PASSWORD = "with_password"
"""The one role that the server asks for a password; a test that uses it makes it."""

HOW = "apt-get install postgresql"


def server_programs() -> Path | None:
    """The newest folder that holds `initdb` and `postgres`, None when the server is not installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda found: float(found.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    places = [*debian, Path(on_path).resolve().parent] if on_path else debian
    return next((place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None)


def unprivileged_user() -> str | None:
    """Whom the server runs as: it refuses root, who lends it the user of Debian's package."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    return next((user.pw_name for user in pwd.getpwall() if user.pw_name == "postgres"), None)


@contextmanager
def running_server() -> Iterator[str]:
    """The address of a running server as its superuser, `postgresql://postgres@127.0.0.1:PORT`, without a database."""
    programs = need(server_programs(), "the PostgreSQL server", HOW)
    user = need(unprivileged_user(), "the user postgres, since the server refuses root", HOW)
    # Not pytest's own directory: that one is closed to every other user.
    with tempfile.TemporaryDirectory(prefix="twin-postgres-") as name:
        directory = Path(name)
        if os.geteuid() == 0:
            shutil.chown(directory, user)
        yield from _serve(programs, directory, user, free_port())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A running server's address."""
    with running_server() as address:
        yield address


@pytest.fixture
def postgres_dsn(postgres_server: str) -> str:
    """The address of a new, empty database."""
    return new_database(postgres_server)


def new_database(server: str) -> str:
    """The address of a new, empty database on this server."""
    database = f"twin_{uuid.uuid4().hex}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database}".encode())
    return f"{server}/{database}"


def _serve(programs: Path, directory: Path, user: str, port: int) -> Iterator[str]:
    become: list[str | Path] = (
        ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if os.geteuid() == 0 else []
    )
    data, log_file = directory / "data", directory / "server.log"
    create: list[str | Path] = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]
    subprocess.run([*become, *create], check=True, capture_output=True, cwd=directory)
    rules = data / "pg_hba.conf"
    rules.write_text(f"host all {WITH_PASSWORD} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": directory, "fsync": "off"}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    command: list[str | Path] = [*become, programs / "postgres", "-D", data, *options]
    with log_file.open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=directory, start_new_session=True)
    watch = follow_this_process(server.pid)
    address = f"postgresql://postgres@127.0.0.1:{port}"
    try:
        _wait_until_it_answers(f"{address}/postgres", server, log_file)
        yield address
    finally:
        server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown: ends sessions, then itself
        server.wait(30)
        watch.kill()
        watch.communicate()


def _wait_until_it_answers(dsn: str, server: subprocess.Popen[bytes], log: Path, timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            psycopg.connect(dsn, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text('utf-8', 'replace')}") from None
            time.sleep(0.1)
