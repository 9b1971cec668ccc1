"""Instants of P1 telegrams: `YYMMDDhhmmss` and S (summer, UTC+2) or W (winter, UTC+1), so that both hours are kept."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from events.errors import PayloadError
from events.feeds.refusals import quoted

OFFSET_H = {"S": 2, "W": 1}
"""Hours from UTC by the season's letter."""

NETHERLANDS = ZoneInfo("Europe/Amsterdam")
"""Zone of the telegrams before version 4, which state no season."""

_FORM = re.compile(r"(\d{12})([SW]?)")


def instant_of(text: str) -> str:
    """The instant as RFC 3339 text; PayloadError for a text of another form, or one that names two hours or none.

    >>> instant_of("170102192002W")
    '2017-01-02T19:20:02+01:00'
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise PayloadError(f"{quoted(text)} is no time YYMMDDhhmmssX")
    try:
        local = datetime.strptime(found[1], "%y%m%d%H%M%S")  # noqa: DTZ007  the zone is set below
    except ValueError as error:
        raise PayloadError(f"{quoted(text)} is no time YYMMDDhhmmssX") from error
    if found[2]:
        return local.replace(tzinfo=timezone(timedelta(hours=OFFSET_H[found[2]]))).isoformat()
    first, second = (local.replace(tzinfo=NETHERLANDS, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise PayloadError(f"{quoted(text)} names two hours or none at the change of the clocks, and no season (S, W)")
    return first.isoformat()
