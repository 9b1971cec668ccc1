"""A CAP 1.2 alert as the twin takes it, whichever document told it, and what may stand in it.

Times are texts until all of a payload are read at once (`events.feeds.alerts.cap`). What is told several times (an
`info` for each language or area, an entry of the feed for each area) is told once, its parts joined.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from events.errors import PayloadError
from events.feeds.refusals import quoted

ACTUAL = "Actual"
STATUSES = {s.casefold(): s for s in (ACTUAL, "Exercise", "System", "Test", "Draft")}
"""Only the first is meant: the others are drills and tests."""

WARNS = ("Alert", "Update")
ENDS = ("Update", "Cancel")
MESSAGES = {m.casefold(): m for m in (*WARNS, "Cancel", "Ack", "Error")}
"""Kinds of message: WARNS may be in force, ENDS end what they refer to."""

LONGEST_ID = 180
MOST_REFERENCES = 1_000

_DRILL = re.compile(r"測試|演習|演練")
_TOWN, _COUNTY, _VILLAGE = re.compile(r"\d{7}"), re.compile(r"\d{5}"), re.compile(r"(\d{7})-(\d{3})")
_MUNICIPALITY = re.compile(r"6[3-8]")
_TAIWAN = re.compile(r"(?i)taiwan_geocode")


@dataclass
class Alert:
    """One message: words by name, each in the order told; texts of each language; periods as texts of two times.

    `holds` are the periods that count: from the onset where it is told, else from when the message is in effect.
    """

    identifier: str
    sent: str
    status: str
    message: str
    references: list[str] = field(default_factory=list)
    words: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    holds: list[tuple[str, str]] = field(default_factory=list)
    effective: list[tuple[str, str]] = field(default_factory=list)
    impact: list[tuple[str, str]] = field(default_factory=list)
    sources: list[Any] = field(default_factory=list)
    """Parts of the document that told it."""

    @property
    def is_drill(self) -> bool:
        """Whether nothing is meant: by its status, or by its own name (119介接測試, 防空演習)."""
        names = [t for n in ("event", "header") for told in self.texts.get(n, {}).values() for t in told]
        return self.status != ACTUAL or any(_DRILL.search(name) for name in names)

    @property
    def name(self) -> str:
        """What its points begin with."""
        return point_of(self.identifier, is_drill=self.is_drill)

    def tell(self, name: str, told: Iterable[str]) -> None:
        """Words of that name more; the same said twice is said once."""
        have = self.words.setdefault(name, [])
        have += [text for text in dict.fromkeys(told) if text and text not in have]

    def tell_text(self, name: str, language: str, text: str) -> None:
        """A text in a language more."""
        have = self.texts.setdefault(name, {}).setdefault(language.casefold().replace("_", "-"), [])
        if text and text not in have:
            have.append(text)


def point_of(identifier: str, *, is_drill: bool) -> str:
    """The name under which an alert stands: `drill:` for what is not meant, so that it is never counted as real."""
    return f"{'drill' if is_drill else 'alert'}:{identifier}"


def alert_of(identifier: str, sent: str, status: str, message: str) -> Alert:
    """An alert; PayloadError where one of these is missing or no word of CAP."""
    if not identifier or len(identifier) > LONGEST_ID:
        raise PayloadError(f"an alert whose identifier {quoted(identifier)} is none")
    if not sent:
        raise PayloadError(f"alert {identifier}: no time when it was sent")
    if status.casefold() not in STATUSES:
        raise PayloadError(f"alert {identifier}: status {quoted(status)} is none of {', '.join(STATUSES.values())}")
    if message.casefold() not in MESSAGES:
        raise PayloadError(f"alert {identifier}: msgType {quoted(message)} is none of {', '.join(MESSAGES.values())}")
    return Alert(identifier, sent, STATUSES[status.casefold()], MESSAGES[message.casefold()])


def references_of(text: str) -> list[str]:
    """Identifiers of `sender,identifier,sent` groups, separated by spaces (CAP 1.2, 3.2.1)."""
    groups = [group.split(",") for group in text.split()]
    odd = next((group for group in groups if len(group) != 3 or not group[1]), None)
    if odd is not None or len(groups) > MOST_REFERENCES:
        raise PayloadError(f"references {quoted(','.join(odd or ['too many']))} are no sender,identifier,sent")
    return list(dict.fromkeys(group[1] for group in groups))


def area_of(kind: str, code: str) -> str:
    """A geocode in the twin's words: NCDR's codes of towns have 7 digits where those of the twin's maps have 8.

    >>> area_of("Taiwan_Geocode_103", "6300200"), area_of("Taiwan_Geocode_103", "1001402")
    ('town 63000020', 'town 10014020')
    >>> area_of("Taiwan_Geocode_103", "63"), area_of("Taiwan_Geocode_103", "6301100-043"), area_of("FIPS6", "006109")
    ('county 63000', 'village 63000110-043', 'FIPS6 006109')
    """
    if _TAIWAN.match(kind):
        if _MUNICIPALITY.fullmatch(code):
            return f"county {code}000"
        if _COUNTY.fullmatch(code):
            return f"county {code}"
        if _TOWN.fullmatch(code):
            return f"town {_town(code)}"
        if village := _VILLAGE.fullmatch(code):
            return f"village {_town(village[1])}-{village[2]}"
    return f"{kind} {code}".strip()


def _town(code: str) -> str:
    """Municipalities (63 to 68) have three digits of the town and two of nothing, counties five and two of the town."""
    return f"{code[:2]}000{code[3:5]}0" if _MUNICIPALITY.match(code) else f"{code}0"
