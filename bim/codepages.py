"""Names written in a code page or in UTF-8, where STEP wants its own escapes: the parser would drop them silently.

ISO 10303-21 knows ASCII and escapes (`\\X2\\4F4F\\X0\\`); exporters in Taiwan, Japan, China and Europe have written
Big5, Shift-JIS, GBK, Windows-1252 and UTF-8 bytes. Which one is told by what reads as common characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

_SAMPLE_LINES = 2_000
_PIECE_BYTES = 1 << 20
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_LETTERS = re.compile(r"(?<![^\x00-\x7f])[À-ÖØ-öø-ÿ²³°µ·§€]{1,2}(?![^\x00-\x7f])")


def code_page(path: Path) -> str | None:
    """The Python name of the encoding of a STEP file's text; None where it is ASCII, as it should be."""
    if _is_ascii(path):
        return None
    sample = []
    for line in _foreign_lines(path):
        sample.append(line)
        if len(sample) >= _SAMPLE_LINES:
            break
    return guessed(sample)


def guessed(lines: Iterable[bytes]) -> str:
    """UTF-8 if the lines are, else the code page in which most of them reads as common characters.

    >>> guessed(["住宅單元 玄關".encode("cp950")]), guessed(["Küche, Flügeltür".encode("cp1252")])
    ('cp950', 'cp1252')
    """
    text = b"\n".join(lines)
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return max(_COMMON, key=lambda name: _common_share(text, name))
    return "utf-8"


def escaped(lines: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The lines with all that is not ASCII as STEP's escapes; what the encoding does not know becomes U+FFFD.

    >>> list(escaped(["'住 a'".encode()], "utf-8"))
    [b"'\\\\X2\\\\4F4F\\\\X0\\\\ a'"]
    """
    for line in lines:
        yield line if line.isascii() else _NOT_ASCII.sub(_escape, line.decode(encoding, "replace")).encode("ascii")


def _is_ascii(path: Path) -> bool:
    """By large pieces: line by line it would take longer than the parser."""
    with path.open("rb") as stream:
        return all(piece.isascii() for piece in iter(lambda: stream.read(_PIECE_BYTES), b""))


def _foreign_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        for line in stream:
            if not line.isascii():
                yield line


def _escape(found: re.Match[str]) -> str:
    text = found[0]
    if max(text) <= "\uffff":
        return f"\\X2\\{text.encode('utf-16-be').hex().upper()}\\X0\\"
    return f"\\X4\\{text.encode('utf-32-be').hex().upper()}\\X0\\"


def _common_share(text: bytes, encoding: str) -> float:
    """Share of the bytes beyond ASCII that are common characters of an encoding, 0 to 1."""
    decoded = text.decode(encoding, "replace")
    return _COMMON[encoding](decoded) / sum(byte >= 0x80 for byte in text)


def _in_rows(encoding: str, *rows: tuple[int, int], trail: int = 0x40) -> Callable[[str], int]:
    """Counts bytes of characters whose first lies in one of the rows, ends included, the second from `trail` on."""

    def count(decoded: str) -> int:
        told = [each.encode(encoding) for run in _NOT_ASCII.findall(decoded.replace("\ufffd", "")) for each in run]
        return sum(
            1 + (each[1] >= 0x80)
            for each in told
            if len(each) == 2 and each[1] >= trail and any(low <= each[0] <= high for low, high in rows)
        )

    return count


def _accented(decoded: str) -> int:
    """Accented letters stand alone or in twos between others; in eastern texts read so they stand in rows."""
    return sum(map(len, _LETTERS.findall(decoded)))


_COMMON: dict[str, Callable[[str], int]] = {
    "cp950": _in_rows("cp950", (0xA1, 0xA3), (0xA4, 0xC6)),
    "cp932": _in_rows("cp932", (0x81, 0x83), (0x88, 0x97)),
    "gbk": _in_rows("gbk", (0xA1, 0xA3), (0xB0, 0xD7), trail=0xA1),
    "cp1252": _accented,
}
"""Encoding → how many bytes of a text are its common characters: the first level of Big5, JIS X 0208 and GB 2312."""
