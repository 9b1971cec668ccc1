"""A body without its content coding: gzip is opened piece by piece, and one that ends early is no whole document."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from events.errors import FetchError

PIECE_BYTES = 64 * 1024
"""No piece is longer: who reads them can stop a body that grows without end."""

_GZIP = b"\x1f\x8b"


def plain(raw: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """The pieces of a body that came under a Content-Encoding (empty: none). FetchError `incomplete`.

    gzip tells its own end, so half of one is known even where the server tells no length; urllib3 takes it for whole.
    """
    match coding.strip().lower():
        case "" | "identity":
            yield from raw
        case "gzip" | "x-gzip":
            yield from _unpacked(raw)
        case _:
            raise FetchError("incomplete", "a content coding that was not asked for")


def _unpacked(raw: Iterable[bytes]) -> Iterator[bytes]:
    opened, begun, left = zlib.decompressobj(wbits=31), False, b""
    try:
        for piece in raw:
            begun, left = True, (left if left == _GZIP[:1] else b"") + piece  # the next one's head may be cut in two
            while left and not (opened.eof and not left.startswith(_GZIP)):  # what follows the end is passed over
                opened = zlib.decompressobj(wbits=31) if opened.eof else opened
                yield opened.decompress(left, PIECE_BYTES)
                left = opened.unused_data if opened.eof else opened.unconsumed_tail
        yield opened.flush() if begun and not opened.eof else b""
    except zlib.error:
        raise FetchError("incomplete", "the content coding (gzip) is damaged") from None
    if begun and not opened.eof:
        raise FetchError("incomplete", "the content coding (gzip) ends early")
