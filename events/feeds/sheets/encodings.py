"""The text of a table in the encodings that programs in Taiwan use: UTF-8, UTF-16, and Big5 as it is really written."""

from __future__ import annotations

import codecs

from events.errors import PayloadError
from events.feeds.packed import text_of

BIG5 = "cp950"
"""Microsoft's Big5, the one that spreadsheets save."""

HEAD = 256
"""Bytes looked at for the zeros that UTF-16 has in every comma and digit, and no other text has."""

_REPLACED = "\ufffd"
_ZERO = b"\x00"


def utf8_of(content: bytes) -> bytes:
    """The table as UTF-8 without a byte-order mark; PayloadError when it is empty or in none of the encodings."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return text_of(_decoded(content, "utf-16").encode(errors="replace"))
    if _ZERO in content[:HEAD]:
        little = content[1:HEAD:2].count(_ZERO) >= content[0:HEAD:2].count(_ZERO)
        return text_of(_decoded(content, "utf-16-le" if little else "utf-16-be").encode(errors="replace"))
    try:
        return text_of(content)
    except PayloadError:
        if not _is_big5(content):
            raise
        return text_of(content.decode(BIG5).encode())


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise PayloadError(f"not {encoding}: {error.reason} at byte {error.start}; save the table as UTF-8") from error


def _is_big5(content: bytes) -> bool:
    """Whether bytes that are no UTF-8 are Big5 text, and not UTF-8 with a few damaged bytes."""
    try:
        content.decode(BIG5)
    except UnicodeDecodeError:
        return False
    as_utf8 = content.decode(errors="replace")
    damaged = as_utf8.count(_REPLACED)
    return damaged > sum(1 for letter in as_utf8 if letter > "\x7f" and letter != _REPLACED)
