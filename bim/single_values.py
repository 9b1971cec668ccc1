"""Property sets and single values from the file's own text: through the parser's binding each costs ten times more.

Only plain lines are taken; whatever is out of the ordinary (None here) is left to the binding (`bim.properties`), so
that both say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bim.facts import Property, Step
from bim.parser.measures import Measures

_STRING = rb"'([^']*(?:''[^']*)*)'"
_OPTIONAL = rb"(?:\$|'[^']*(?:''[^']*)*')"
_SINGLE = re.compile(
    rb"IFCPROPERTYSINGLEVALUE\(" + _STRING + rb"," + _OPTIONAL + rb",(?:\$|(IFC[A-Z0-9]+)\((?:" + _STRING
    + rb"|([^()',\"]*))\)),\$\);"
)  # fmt: skip
_HEAD = rb",".join([_OPTIONAL, rb"[^,']*", _OPTIONAL, _OPTIONAL])
_SET = re.compile(rb"IFCPROPERTYSET\(" + _HEAD + rb",\(([#\d,]*)\)\);")
_ESCAPED = re.compile(rb"\\X2\\((?:[0-9A-F]{4})+)\\X0\\|\\\\|''")
_REAL = re.compile(rb"[-+]?\d+\.\d*(?:E[-+]?\d+)?")
_INTEGER = re.compile(rb"[-+]?\d+")
_TRUTH = {b".T.": "true", b".F.": "false"}
_LONGEST_STEP = 16

Plain = tuple[str, str | None, float | None, str | None, float | None]
"""Name, value as text, value as a number, what it measures, the number in SI."""


class SingleValues:
    """What the plain lines of one STEP file say."""

    def __init__(self, path: Path, measures: Measures) -> None:
        text = path.read_bytes()
        self._measures = measures
        self._texts: dict[bytes, str | None] = {}
        self._values = {step: self._value(*found.groups()) for step, found in _instances(_SINGLE, text)}
        self._members = {step: found[1] for step, found in _instances(_SET, text)}

    def rows(self, pset: Step) -> list[tuple[Step, Property | None]] | None:
        """(step of each property of a set, its row or None where it is not plain); None where the set is not plain."""
        members = self._members.get(pset)
        if members is None:
            return None
        steps = [Step(int(each)) for each in members.replace(b"#", b"").split(b",") if each]
        return [(step, self._row(pset, step)) for step in steps]

    def _row(self, pset: Step, step: Step) -> Property | None:
        found = self._values.get(step)
        return None if found is None else Property(pset, found[0], found[1], found[2], None, found[3], found[4])

    def _value(self, name: bytes, measure: bytes | None, string: bytes | None, bare: bytes | None) -> Plain | None:
        called = self._text(name)
        if called is None:
            return None
        if measure is None:
            return called, None, None, None, None
        if string is not None:
            told = self._text(string)
            return None if told is None else (called, told, None, None, None)
        assert bare is not None
        if bare in _TRUTH:
            return called, _TRUTH[bare], None, None, None
        if _REAL.fullmatch(bare):
            number = float(bare)
            measured = self._measures.of(measure.decode("ascii"))
            if measured is None:
                return called, repr(number), number, None, None
            quantity, factor = measured
            return called, repr(number), number, quantity, None if factor is None else number * factor
        if measure == b"IFCINTEGER" and _INTEGER.fullmatch(bare):
            return called, repr(int(bare)), float(bare), None, None
        return None

    def _text(self, string: bytes) -> str | None:
        if string not in self._texts:
            self._texts[string] = _unescaped(string)
        return self._texts[string]


def _instances(pattern: re.Pattern[bytes], text: bytes) -> Iterator[tuple[Step, re.Match[bytes]]]:
    """(step, match) of every line `#12=CLASS(…);` whose part from the class on the pattern matches."""
    for found in pattern.finditer(text):
        start = found.start()
        head = text[text.rfind(b"#", max(0, start - _LONGEST_STEP), start) + 1 : start].rstrip()
        if head[-1:] == b"=" and (number := head[:-1].rstrip()).isdigit():
            yield Step(int(number)), found


def _unescaped(string: bytes) -> str | None:
    """The text of a string; None where it has an escape that is not handled here."""
    if b"\\" not in string and b"''" not in string:
        return string.decode("ascii") if string.isascii() else None
    bare = _ESCAPED.sub(b"", string)
    if b"\\" in bare or not bare.isascii():
        return None
    try:
        return _ESCAPED.sub(_character, string).decode("utf-8")
    except UnicodeDecodeError:
        return None


def _character(found: re.Match[bytes]) -> bytes:
    if found[1] is not None:
        return bytes.fromhex(found[1].decode()).decode("utf-16-be").encode()
    return found[0][:1]
