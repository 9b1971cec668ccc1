"""COSEM's date-time (IEC 62056-6-2, 4.1.6.1): twelve octets.

    year (2)  month  day  weekday  hour  minute  second  hundredths  deviation (2)  status

The deviation is in minutes from local time to UTC: -480 in Taiwan, whose clocks are ahead; 0x8000: not specified, and
then the clock is the city's. Hundredths and seconds may be not specified (0xFF), no other part may. Of the status, 0xFF
is not specified; bit 0 says that the time is invalid: it dates nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from events.errors import PayloadError

NOT_SPECIFIED = 0xFF
NO_DEVIATION = -0x8000
INVALID = 0x01
LENGTH = 12


def instant_of(octets: bytes) -> str:
    """The instant in ISO 8601, without a zone where no deviation is specified; PayloadError when it is none.

    >>> instant_of(bytes.fromhex("07ea031404080f1e00fe2000"))
    '2026-03-20T08:15:30+08:00'
    """
    if len(octets) != LENGTH:
        raise PayloadError(f"a date-time of {len(octets)} octets where {LENGTH} are asked")
    shown = octets.hex()
    status, deviation = octets[11], int.from_bytes(octets[9:11], "big", signed=True)
    if status != NOT_SPECIFIED and status & INVALID:
        raise PayloadError(f"the meter says of its clock {shown} that it is invalid")
    second, hundredths = (0 if part == NOT_SPECIFIED else part for part in octets[7:9])
    year, hour, minute = int.from_bytes(octets[:2], "big"), octets[5], octets[6]
    try:
        moment = datetime(year, octets[2], octets[3], hour, minute, second, hundredths * 10_000, UTC)
    except ValueError as error:
        raise PayloadError(f"date-time {shown} is none, or not wholly specified") from error
    if deviation == NO_DEVIATION:
        return moment.replace(tzinfo=None).isoformat(sep=" ")
    if abs(deviation) > 14 * 60:
        raise PayloadError(f"date-time {shown}: a deviation of {deviation} minutes")
    return moment.replace(tzinfo=timezone(timedelta(minutes=-deviation))).isoformat()
