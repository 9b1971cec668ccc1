"""`resultQuality` of SensorThings as a quality of ours, whatever its shape: DQ_Element of ISO 19157, none to many.

absent, null, "", [] or {}                nothing is told: measured
"estimated", "good", "invalid" …          a word of `WORDS`; another one is refused
{"DQ_Status": {"code": "bad"}}, ["good"]  the words in it; of several the worst; without one, nothing is told
3, true                                   a code of the provider's own: nothing is told
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from events.errors import PayloadError
from events.feeds.refusals import quoted
from events.observations import Quality

QUALITIES = {q.name.casefold(): q for q in Quality}
WORDS = QUALITIES | {
    **dict.fromkeys(("good", "ok", "valid", "validated", "verified", "passed", "pass", "raw", "unverified",
                     "provisional", "preliminary", "unchecked", "unknown", "not evaluated", "notevaluated"),
                    Quality.MEASURED),
    **dict.fromkeys(("calculated", "modelled", "modeled", "interpolated", "predicted"), Quality.ESTIMATED),
    **dict.fromkeys(("replaced", "filled", "imputed"), Quality.SUBSTITUTED),
    **dict.fromkeys(("bad", "wrong", "erroneous", "error", "failed", "fail", "rejected", "suspect", "suspicious",
                     "questionable", "faulty"), Quality.INVALID),
}  # fmt: skip
"""Words that providers write, in small letters -> quality; one that was not checked is what was measured."""

DEPTH = 8


def quality_of(told: Any) -> Quality:
    """The quality that a `resultQuality` tells; PayloadError for a word of none.

    >>> quality_of([]).name, quality_of({"DQ_Status": {"code": "Bad"}}).name
    ('MEASURED', 'INVALID')
    """
    words = list(_words(told, DEPTH))
    if isinstance(told, str) and words[0] not in ("", *WORDS):
        raise PayloadError(f"resultQuality {quoted(told)}: write {', '.join(QUALITIES)}")
    return max((WORDS[word] for word in words if word in WORDS), default=Quality.MEASURED)


def _words(told: Any, depth: int) -> Iterator[str]:
    """The texts in a value, in small letters; of a code list's address its last part."""
    if isinstance(told, str):
        yield told.strip().casefold().replace("#", "/").rpartition("/")[2]
    elif isinstance(told, list | dict) and depth:
        for member in told.values() if isinstance(told, dict) else told:
            yield from _words(member, depth - 1)
