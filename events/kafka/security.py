"""How to reach a Kafka that asks who is there: the standard names, from a TOML file and the environment.

Secrets come from a file or the environment only, never from the command line, and are never shown.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from events.errors import UsageError

SETTINGS: dict[str, str] = {
    "security.protocol": "protocol",
    "sasl.mechanism": "mechanism",
    "sasl.username": "username",
    "sasl.password": "password",
    "ssl.ca.location": "ca_file",
    "ssl.certificate.location": "certificate_file",
    "ssl.key.location": "key_file",
    "ssl.key.password": "key_password",
    "ssl.endpoint.identification.algorithm": "identification",
}
"""Kafka's names of what can be set, and the fields of `Security` that they fill."""

PREFIX = "TWIN_KAFKA_"
"""`sasl.password` is TWIN_KAFKA_SASL_PASSWORD, or TWIN_KAFKA_SASL_PASSWORD_FILE, a file that holds it."""

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
IDENTIFICATIONS = ("https", "none")
SECRETS = ("sasl.password", "ssl.key.password")


@dataclass(frozen=True)
class Security:
    """Who we are to the broker, and how we know it. UsageError when the settings do not go together."""

    protocol: str = "PLAINTEXT"
    mechanism: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    key_password: str | None = field(default=None, repr=False)
    identification: str = "https"

    def __post_init__(self) -> None:
        _known("security.protocol", self.protocol, PROTOCOLS)
        _known("ssl.endpoint.identification.algorithm", self.identification, IDENTIFICATIONS)
        if self.mechanism is not None:
            _known("sasl.mechanism", self.mechanism, MECHANISMS)
        self._check_sasl()
        self._check_tls()

    @property
    def is_sasl(self) -> bool:
        """Whether a user name and password are given to the broker."""
        return self.protocol.startswith("SASL_")

    @property
    def is_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.protocol.endswith("SSL")

    @property
    def to_check(self) -> str:
        """What to do when no broker answers."""
        if self == LOOPBACK:
            return "start one: make kafka"
        return f"check the address, and whether it speaks {self.protocol} there"

    def _check_sasl(self) -> None:
        given = {"sasl.mechanism": self.mechanism, "sasl.username": self.username, "sasl.password": self.password}
        if self.is_sasl and (absent := [name for name, value in given.items() if not value]):
            raise UsageError(f"security.protocol {self.protocol} needs {', '.join(absent)}; {_places(absent)}")
        if not self.is_sasl and (stray := [name for name, value in given.items() if value]):
            raise UsageError(
                f"{', '.join(stray)} would not be used: security.protocol is {self.protocol}; "
                "set it to SASL_SSL, or leave them out"
            )

    def _check_tls(self) -> None:
        files = {"ssl.ca.location": self.ca_file, "ssl.certificate.location": self.certificate_file}
        for name, path in (files | {"ssl.key.location": self.key_file}).items():
            if path and not self.is_tls:
                raise UsageError(f"{name} would not be used: security.protocol is {self.protocol}; set it to SSL")
            if path and not Path(path).is_file():
                raise UsageError(f"{name}: {path}: no such file; give a file of certificates or a key in PEM")


def security(file: Path | None = None, environment: Mapping[str, str] | None = None) -> Security:
    """What the file says, and the environment over it; UsageError names the file and the setting that is off."""
    told = (_read(file) if file else {}) | _environment(os.environ if environment is None else environment)
    return Security(**{SETTINGS[name]: value for name, value in told.items()})


def _read(file: Path) -> dict[str, str]:
    try:
        told = _flat(tomllib.loads(file.read_text("utf-8")))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: not TOML: {error}") from error
    for name, value in told.items():
        if name not in SETTINGS:
            raise UsageError(f"{file}: no setting {name!r}; there are {', '.join(SETTINGS)}")
        if not isinstance(value, str):
            raise UsageError(f'{file}: {name} is no text; write {name} = "…"')
    return told


def _flat(table: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """`{"sasl": {"password": …}}`, as TOML reads `sasl.password = …`, by the dotted names."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        found |= _flat(value, f"{before}{name}.") if isinstance(value, dict) else {before + name: value}
    return found


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    named = {name: variables[_variable(name)] for name in SETTINGS if variables.get(_variable(name))}
    filed = {name: variables[f"{_variable(name)}_FILE"] for name in SECRETS if variables.get(f"{_variable(name)}_FILE")}
    return named | {name: _secret(name, Path(path)) for name, path in filed.items()}


def _secret(name: str, file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except OSError as error:
        raise UsageError(f"{_variable(name)}_FILE: {file}: cannot be read: {error.strerror}") from error


def _variable(name: str) -> str:
    return PREFIX + name.upper().replace(".", "_")


def _known(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UsageError(f"{name} is {value!r}; it can be {', '.join(allowed)}")


def _places(names: list[str]) -> str:
    return f"give them in --kafka-config FILE.toml, or as {', '.join(map(_variable, names))}"


LOOPBACK = Security()
"""Nothing is asked and nothing is encrypted: for a broker on this machine only."""
