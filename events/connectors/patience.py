"""When to ask again: the interval, the feed's own ttl, back-off with jitter, Retry-After. Pure; seconds throughout."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from events.errors import UsageError

FIRST_S = 1.0
"""Pause after the first failure; each further one doubles it."""

LONGEST_S = 300.0
"""No pause of our own is longer than this, or than the interval where that is longer."""

RETRY_AFTER_LIMIT_S = 24 * 3600.0
"""A server that wants more patience than a day is asked once a day."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h)?")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def duration_s(text: str) -> float:
    """Seconds that a text such as `60s`, `5m` or `1h` names; UsageError for anything else.

    >>> duration_s("5m")
    300.0
    """
    found = _DURATION.fullmatch(text.strip())
    if not found or float(found[1]) <= 0:
        raise UsageError(f"{text!r} is no duration; write for example 60s, 5m or 1h")
    return float(found[1]) * _SECONDS[found[2] or "s"]


def backoff_s(failures: int, every_s: float, chance: float) -> float:
    """Pause after `failures` in a row: doubled each time, bounded, between half and all of it by `chance` (0 to 1).

    >>> [backoff_s(n, 60.0, 1.0) for n in (1, 2, 3, 20)]
    [1.0, 2.0, 4.0, 300.0]
    """
    full = min(FIRST_S * 2.0 ** min(failures - 1, 30), max(LONGEST_S, every_s))
    return full * (0.5 + chance / 2)


def retry_after_s(text: str, now: datetime, server_date: str = "") -> float:
    """Seconds that a Retry-After header asks for, a number or an HTTP date; 0 when it cannot be read.

    `server_date`: the answer's Date header. A server whose clock is off means a date by its own clock.

    >>> retry_after_s("120", datetime(2026, 1, 1))
    120.0
    """
    if text.strip().isdecimal():
        return min(float(text), RETRY_AFTER_LIMIT_S)
    until, theirs = _http_date(text), _http_date(server_date)
    if until is None:
        return 0.0
    return min(max(0.0, (until - (theirs or now)).total_seconds()), RETRY_AFTER_LIMIT_S)


def _http_date(text: str) -> datetime | None:
    """An HTTP date; one without a zone is UTC, as HTTP's are."""
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
