"""OCPP calls held to the official JSON schemas of 1.6, 2.0.1 and 2.1, as the `ocpp` package carries them.

A frame does not name its version. What only one version has decides (an action, or a member such as `evseId`); where
nothing does, the call is sound if any version's schema takes it. What real stations do against the schemas, without
harm to what is read, is let pass:

    additionalProperties    members that a maker has added
    format                  the reader judges times itself, value by value
    type of `value`         a number where 1.6 asks for a text, and the reverse
    type of an id           numbers as texts, and the reverse
    enum of `unit`          makers write Hz, RPM …; the reader asks `events.feeds.units`, and refuses what has none
    idTag, idToken, info …  who charges and what a vendor remarks are never read (`UNREAD`)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs

PACKAGE = "ocpp"
VERSIONS = {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}
"""Version -> its folder in the package."""

NEWER = ("evseId", "evse", "connectorStatus", "transactionInfo", "eventData")
"""Members that no call of 1.6 has."""

UNREAD = frozenset(
    {
        "idTag", "idToken", "info", "vendorId", "vendorErrorCode", "reason", "context", "customData", "parentIdTag",
        "signedMeterValue", "costDetails", "techCode", "techInfo", "trigger", "eventNotificationType", "severity",
        "tbc", "cause", "seqNo",
    }
)  # fmt: skip
"""Members that may break a schema: nothing is taken from them."""

LOOSE_TYPES = frozenset({"value", "connectorId", "transactionId", "reservationId", "meterStart", "meterStop"})


def known(action: str) -> bool:
    """Whether any version has a call of this name."""
    return any(_schema(version, action) for version in VERSIONS)


@dataclass(frozen=True)
class Violation:
    """Where a call breaks its schema (names and places down from the call), and how, as a reason tells it."""

    path: tuple[str | int, ...]
    reason: str


def violations(action: str, body: Mapping[str, Any]) -> list[Violation]:
    """How a call breaks the schema of its version; empty when it is sound in one version.

    >>> [v.reason for v in violations("StatusNotification", {"connectorId": 1, "status": "Available"})]
    ['OCPP 1.6 $: "errorCode" is a required property']
    """
    newer = any(name in body for name in NEWER)
    versions = [v for v in VERSIONS if (v != "1.6") == newer and _schema(v, action)]
    found: list[list[Violation]] = []
    for version in versions or [v for v in VERSIONS if _schema(v, action)]:
        found.append(_faults(version, action, body))
        if not found[-1]:
            return []
    return min(found, key=len, default=[])


def _faults(version: str, action: str, body: Mapping[str, Any]) -> list[Violation]:
    validator = _schema(version, action)
    try:
        if validator is None or validator.is_valid(body):
            return []
        broken = [e for e in validator.iter_errors(body) if not _harmless(e)]
    except ValueError as error:  # half a surrogate pair, or nested too deeply
        return [Violation((), f"OCPP {version} $: {error}")]
    return [Violation(tuple(e.instance_path), f"OCPP {version} {_path(e)}: {e.message:.120}") for e in broken]


def _path(error: jsonschema_rs.ValidationError) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)


def _harmless(error: jsonschema_rs.ValidationError) -> bool:
    """Whether what is read of a call stays what it is in spite of this."""
    kind = error.kind.name
    last = next((str(step) for step in reversed(error.instance_path) if isinstance(step, str)), "")
    if kind in ("additionalProperties", "format") or any(step in UNREAD for step in error.instance_path):
        return True
    if kind == "required":
        return getattr(error.kind, "property", "") in UNREAD
    scalar = isinstance(error.instance, str | int | float) and not isinstance(error.instance, bool)
    return (kind == "type" and last in LOOSE_TYPES and scalar) or (kind == "enum" and last == "unit")


@cache
def _schema(version: str, action: str) -> jsonschema_rs.Validator | None:
    """The compiled schema of a call, None when the version has none of that name."""
    if not action.isalnum():
        return None
    name = f"{action}.json" if version == "1.6" else f"{action}Request.json"
    resource = files(PACKAGE).joinpath(VERSIONS[version], "schemas", name)
    if not resource.is_file() or action.endswith("Response"):
        return None
    return jsonschema_rs.validator_for(json.loads(resource.read_text("utf-8-sig")))
