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

FACTORY_YEAR = 2000
"""Where the clock of a meter begins that was never set, and runs on from; no P1 port is as old."""

_FORM = re.compile(r"(\d{12})([SW]?)")


def instant_of(text: str) -> str:
    """The instant as RFC 3339 text; PayloadError for a text of another form, one that names two hours or none, or one
    of a clock that was never set: meters begin at 2000-01-01, M-Bus meters tell FF for every octet (`632525252525S`).

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
    if local.year <= FACTORY_YEAR:
        raise PayloadError(f"{quoted(text)}: the meter's clock was never set; set it")
    if found[2]:
        return local.replace(tzinfo=timezone(timedelta(hours=OFFSET_H[found[2]]))).isoformat()
    first, second = (local.replace(tzinfo=NETHERLANDS, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise PayloadError(f"{quoted(text)} names two hours or none at the change of the clocks, and no season (S, W)")
    return first.isoformat()
