"""Numbers of units (IEC 62056-6-2, table of `unit`) -> the word that `events.feeds.units` knows, and a factor."""

from __future__ import annotations

from events.feeds.units.written import unit_of

COUNT = 255
"""The number of what has no unit."""

WORDS: dict[int, tuple[str, float]] = {
    4: ("d", 1), 5: ("h", 1), 6: ("min", 1), 7: ("s", 1), 8: ("deg", 1), 9: ("Cel", 1), 11: ("m", 1), 12: ("m/s", 1),
    13: ("m3", 1), 14: ("m3", 1), 15: ("m3/h", 1), 16: ("m3/h", 1), 17: ("m3/d", 1), 18: ("m3/d", 1), 19: ("l", 1),
    20: ("kg", 1), 22: ("N", 1), 23: ("Pa", 1), 24: ("bar", 1), 25: ("J", 1), 27: ("W", 1), 28: ("VA", 1),
    29: ("var", 1), 30: ("Wh", 1), 31: ("VAh", 1), 32: ("varh", 1), 33: ("A", 1), 34: ("C", 1), 35: ("V", 1),
    38: ("Ohm", 1), 43: ("H", 1), 44: ("Hz", 1), 52: ("K", 1), 56: ("%", 1),
}  # fmt: skip


def dlms_unit(number: int) -> tuple[str, float] | None:
    """The SenML unit that a number is, and the factor to it; None where it is not known.

    >>> dlms_unit(30), dlms_unit(15), dlms_unit(255), dlms_unit(10)
    (('Wh', 1.0), ('m3/s', 0.0002777777777777778), ('', 1.0), None)
    """
    if number == COUNT:
        return "", 1.0
    if number == 34:  # coulombs: as a word, C is degrees Celsius
        return "C", 1.0
    if number not in WORDS:
        return None
    word, factor = WORDS[number]
    known = unit_of(word)
    return (known[0], known[1] * factor) if known else None
