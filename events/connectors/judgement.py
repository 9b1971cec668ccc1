"""An answer judged: a new document, the same again, or a failure. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from events.connectors import documents
from events.connectors.transport import Answer
from events.errors import FetchError
from events.feeds.decoded import Format

OK, NOT_MODIFIED = 200, 304
BUSY = frozenset({408, 425, 429, 503})
"""Statuses that ask for patience, with Retry-After where the server says how much."""


@dataclass(frozen=True)
class Seen:
    """What is known of an endpoint's last document that was handed on: validators and digest."""

    etag: str = ""
    last_modified: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Fresh:
    """A whole document that differs from the last one, and what to remember once it is handed on."""

    body: bytes
    seen: Seen


@dataclass(frozen=True)
class Same:
    """Nothing new: 304, or the same bytes again; `seen` has the newest validators."""

    seen: Seen


def conditions(seen: Seen) -> dict[str, str]:
    """Headers that let the server answer 304."""
    asked = {"If-None-Match": seen.etag, "If-Modified-Since": seen.last_modified}
    return {name: value for name, value in asked.items() if value}


def judged(form: Format, seen: Seen, answer: Answer) -> Fresh | Same:
    """What `answer` brings; FetchError when it brings no whole document."""
    if answer.status == NOT_MODIFIED:
        if seen == Seen():
            raise FetchError("incomplete", "the server answers 304 to who has no document yet")
        return Same(seen)
    if answer.status != OK:
        raise FetchError(_kind(answer.status), f"the server answers {answer.status}{_advice(answer.status)}")
    told = _seen(answer)
    if told.sha256 == seen.sha256:
        return Same(told)
    wrong = documents.fault(form, answer.body)
    if wrong:
        raise FetchError("incomplete", wrong)
    return Fresh(answer.body, told)


def _seen(answer: Answer) -> Seen:
    headers: Mapping[str, str] = answer.headers
    digest = hashlib.sha256(answer.body).hexdigest()
    return Seen(headers.get("etag", ""), headers.get("last-modified", ""), digest)


def _kind(status: int) -> str:
    return "busy" if status in BUSY else "server" if status >= 500 else "refused"


def _advice(status: int) -> str:
    advice = {
        401: ": give the key with --key-env",
        403: ": the key is not accepted, or the address is not for us",
        404: ": check the address",
        410: ": the feed is gone; check the address",
        429: ": asked too often; a longer --every",
    }
    return advice.get(status, "")
