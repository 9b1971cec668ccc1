"""A PostgreSQL log's password: from the address, PGPASSWORD or .pgpass, and in no error, log line or answer."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from events.errors import LogUnavailableError, UsageError
from events.log import Log
from events.log_tables import marks
from events.sql_errors import shown
from events.vault import Vault
from tests.commands.test_commands import Twin, city, twin
from tests.events.test_log import event
from tests.parts.postgres import WITH_PASSWORD

__all__ = ["city", "twin"]

SECRET = "p@ss/w0rd"
QUOTED = "p%40ss%2Fw0rd"


@pytest.fixture
def guarded(postgres_dsn: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """The address, without a password, of a database whose owner needs one; nothing in the environment gives it."""
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "absent"))
    name = postgres_dsn.rpartition("/")[2]
    with psycopg.connect(postgres_dsn, autocommit=True) as server:
        server.execute(f"DROP ROLE IF EXISTS {WITH_PASSWORD}".encode())
        server.execute(f"CREATE ROLE {WITH_PASSWORD} LOGIN PASSWORD '{SECRET}'".encode())
        server.execute(f"ALTER DATABASE {name} OWNER TO {WITH_PASSWORD}".encode())
        yield postgres_dsn.replace("postgres@", f"{WITH_PASSWORD}@")
        server.execute(f"ALTER DATABASE {name} OWNER TO postgres".encode())
        server.execute(f"REASSIGN OWNED BY {WITH_PASSWORD} TO postgres".encode())
        server.execute(f"DROP OWNED BY {WITH_PASSWORD}".encode())


def with_password(address: str, password: str) -> str:
    """The address with a password in it."""
    return address.replace(f"{WITH_PASSWORD}@", f"{WITH_PASSWORD}:{password}@")


def assert_usable(address: str) -> None:
    """Log, its tables and a vault all get in."""
    with Log.open(address) as log:
        log.append([event("a", log.version("a") + 1)])
    assert [name for name, _ in marks(address) if name == "a"] == []
    assert Vault(address).names().is_empty()


@pytest.mark.postgres
@pytest.mark.parametrize("way", ["address", "variable", "file"])
def test_the_password_may_come_from_the_address_the_environment_or_a_file(
    guarded: str, way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if way == "variable":
        monkeypatch.setenv("PGPASSWORD", SECRET)
    if way == "file":
        (tmp_path / "pgpass").write_text(f"127.0.0.1:*:*:{WITH_PASSWORD}:{SECRET}\n")
        (tmp_path / "pgpass").chmod(0o600)
        monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    assert_usable(with_password(guarded, QUOTED) if way == "address" else guarded)


@pytest.mark.postgres
def test_a_password_in_the_address_is_stronger_than_one_in_the_environment(
    guarded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "another")
    assert_usable(with_password(guarded, QUOTED))


@pytest.mark.postgres
@pytest.mark.parametrize("given", ["", "wr0ng-p4ss"])
def test_no_or_a_wrong_password_is_told_at_once_and_never_shown(
    guarded: str, given: str, caplog: pytest.LogCaptureFixture
) -> None:
    address = with_password(guarded, given) if given else guarded
    told = ""
    with caplog.at_level(logging.DEBUG):
        for use in (Log.open, marks, lambda at: Vault(at).names()):
            with pytest.raises(LogUnavailableError, match="password") as caught:
                use(address)
            told += f"{caught.value} {caught.value.__cause__}"
    assert guarded.partition("@")[2] in told
    assert not [secret for secret in ("wr0ng-p4ss", SECRET, QUOTED) if secret in told + caplog.text]


@pytest.mark.postgres
def test_what_else_the_address_says_holds_for_the_log_too(postgres_dsn: str) -> None:
    with pytest.raises(LogUnavailableError, match="SSL"):
        Log.open(f"{postgres_dsn}?sslmode=require")
    with Log.open(f"{postgres_dsn}?application_name=twin_test") as log:
        log.append([event("a", 1)])
        with psycopg.connect(postgres_dsn) as server:
            names = {row[0] for row in server.execute("SELECT application_name FROM pg_stat_activity")}
    assert "twin_test" in names


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("postgresql://u:s3cret@db:5433/twin", "db:5433/twin"),
        ("postgres://u:s3@cret@db/twin", "db/twin"),
        ("postgresql://db/twin?user=u&password=s3cret", "db/twin"),
        ("postgresql://db/twin?password=s3%40cret", "db/twin"),
        ("/srv/a@b/log.sqlite", "/srv/a@b/log.sqlite"),
    ],
)
def test_a_location_is_told_without_user_and_password(location: str, told: str) -> None:
    assert shown(location) == told


@pytest.mark.parametrize("address", ["postgresql://u:s3cret@[db/twin", "postgresql://u:s3cret@db/twin?nosuch=1"])
def test_an_address_that_cannot_be_read_is_refused_without_being_told(address: str) -> None:
    for use in (Log.open, marks, lambda at: Vault(at).names()):
        with pytest.raises(UsageError, match="cannot be read") as caught:
            use(address)
        assert "s3cret" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_a_log_in_a_folder_with_an_at_sign_shrinks_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "a@b").mkdir()
    with Log.open(tmp_path / "a@b" / "log.sqlite") as log:
        log.append([event("a", 1)])
        log.shrink()
        assert log.head() == 1


@pytest.mark.postgres
def test_a_city_is_made_without_telling_its_logs_password(guarded: str, twin: Twin) -> None:
    code, answer, err = twin("init", "--log", with_password(guarded, QUOTED))
    assert code == 0, err
    assert QUOTED not in f"{answer} {err}"
