"""The settings of a secured broker: read by their standard names, refused by name, secrets never shown."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from events.errors import MissingExtraError, UsageError
from events.kafka.security import LOOPBACK, Security, security

LOGIN = {
    "TWIN_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "TWIN_KAFKA_SASL_MECHANISM": "PLAIN",
    "TWIN_KAFKA_SASL_USERNAME": "ingester",
    "TWIN_KAFKA_SASL_PASSWORD": "secret-1",
}


def test_without_any_setting_a_broker_on_this_machine_is_meant() -> None:
    assert security(environment={}) == LOOPBACK


def test_the_environment_says_it_all_and_overrides_the_file(tmp_path: Path) -> None:
    file = tmp_path / "kafka.toml"
    file.write_text('sasl.username = "other"\nsasl.password = "secret-2"\nssl.key.password = "k"\n', encoding="utf-8")
    found = security(file, LOGIN)
    assert (found.username, found.password, found.key_password) == ("ingester", "secret-1", "k")


def test_a_password_may_lie_in_a_file_of_its_own(tmp_path: Path) -> None:
    kept = tmp_path / "password"
    kept.write_text("secret-3\n", encoding="utf-8")
    variables = {name: value for name, value in LOGIN.items() if not name.endswith("PASSWORD")}
    assert security(environment={**variables, "TWIN_KAFKA_SASL_PASSWORD_FILE": str(kept)}).password == "secret-3"


def test_secrets_are_not_in_what_is_printed() -> None:
    assert "secret-1" not in repr(security(environment=LOGIN))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('sasl.pasword = "x"', "no setting 'sasl.pasword'"),
        ("security.protocol = 1", "is no text"),
        ('security.protocol = "TLS"', "it can be PLAINTEXT, SSL"),
        ('security.protocol = "SASL_SSL"', "TWIN_KAFKA_SASL_PASSWORD"),
        ('sasl.username = "a"', "security.protocol is PLAINTEXT"),
        ('security.protocol = "SSL"\nssl.ca.location = "/nowhere.pem"', "no such file"),
        ('ssl.ca.location = "x.pem"', "would not be used"),
        ("security", "not TOML"),
    ],
)
def test_a_setting_that_is_off_is_named(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "kafka.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=told):
        security(file, {})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.toml: cannot be read"):
        security(tmp_path / "nowhere.toml", {})


def test_a_mechanism_that_no_adapter_has_is_refused() -> None:
    with pytest.raises(UsageError, match="SCRAM-SHA-512"):
        Security("SASL_SSL", "GSSAPI", "a", "b")


def test_an_adapter_whose_library_is_missing_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    monkeypatch.delitem(sys.modules, "events.kafka.confluent", raising=False)

    with pytest.raises(MissingExtraError, match=r"pip install 'taipei-twin\[fast\]'"):
        importlib.import_module("events.kafka.confluent")
