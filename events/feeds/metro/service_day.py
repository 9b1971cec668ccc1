"""The service day of a metro: its clock goes on after midnight, and names the days on which it runs.

06:00 -> 06:00      00:02 -> 24:02      the end 00:00 -> 24:00      01:08 -> 25:08
1,2,3,4,5 -> 12345      {"Saturday": true, "Sunday": true, "NationalHolidays": true} -> 67h
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from events.errors import PayloadError
from events.feeds.refusals import quoted

BEGINS_H = 4
"""Before this hour a clock is still of the day before: no metro of Taiwan runs its first train earlier."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOLIDAYS = "NationalHolidays"

_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::\d\d)?")
_DAYS = re.compile(r"\s*[1-7](\s*,\s*[1-7])*\s*")


def service_clock(told: Any) -> str:
    """Hours and minutes since the service day's midnight, `24:02`; PayloadError for what is no clock."""
    found = _CLOCK.fullmatch(told.strip()) if isinstance(told, str) else None
    hour, minute = (int(found[1]), int(found[2])) if found else (99, 0)
    if hour >= 24 + BEGINS_H or minute > 59:
        raise PayloadError(f"{quoted(told)} is no time of a service day")
    return f"{hour + 24 * (hour < BEGINS_H):02}:{minute:02}"


def days_of(told: Any) -> str:
    """Weekdays by number, Monday first, and `h` where national holidays are among them; PayloadError where none is."""
    if isinstance(told, str) and _DAYS.fullmatch(told):
        return "".join(sorted(set(told) & set("1234567")))
    named: Mapping[str, Any] = told if isinstance(told, dict) else {}
    days = "".join(str(n) for n, name in enumerate(WEEKDAYS, start=1) if named.get(name) is True)
    days += "h" if named.get(HOLIDAYS) is True else ""
    if not days:
        raise PayloadError(f"{quoted(told)} names no day of service")
    return days
