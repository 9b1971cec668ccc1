"""Text cut at known places: many slices of one text as a column, and whether a piece stands where it must."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from events.runs import Mask

Ints = npt.NDArray[np.int64]

WORD = 8
"""Bytes compared at once."""

QUOTE, SPACE = 0x22, 0x20

SAMPLE = 64
"""Slices looked at to see whether they repeat."""

OFTEN = 0.5
"""Above this share of slices that differ from the one before, each is looked at."""

_MASKS = np.array([(1 << 8 * size) - 1 for size in range(WORD + 1)], np.uint64)


@dataclass(frozen=True)
class Text:
    """Texts one after the other as UTF-8 bytes, with WORD zeros behind; `starts` has where each begins and the end."""

    data: bytes
    starts: Ints

    def quotes(self) -> Ints:
        """Where quotation marks stand."""
        return np.flatnonzero(np.frombuffer(self.data, np.uint8) == QUOTE)

    def stands(self, at: Ints, piece: bytes) -> bool:
        """Whether `piece` stands at each of these places."""
        if at.size and (at.min() < 0 or at.max() + len(piece) > self.starts[-1]):
            return False
        words = self._words()
        return all(
            bool((words[at + start] & mask == word & mask).all())
            for start in range(0, len(piece), WORD)
            for word, mask in [_word(piece[start : start + WORD])]
        )

    def firsts(self, start: Ints, end: Ints) -> Ints | None:
        """Which slices differ from the one before; None where most do, so that it is not worth while to know."""
        few = slice(0, SAMPLE)
        if len(start) <= SAMPLE or self._changes(start[few], end[few]).mean() > OFTEN:
            return None
        return np.flatnonzero(self._changes(start, end))

    def _changes(self, start: Ints, end: Ints) -> Mask:
        """Whether each slice differs from the one before."""
        words, length = self._words(), end - start
        changes = np.append(True, length[1:] != length[:-1])
        for at in range(0, int(length.max()), WORD):
            mask = _MASKS[np.clip(length - at, 0, WORD)]
            word = words[np.minimum(start + at, len(words) - 1)] & mask
            changes[1:] |= word[1:] != word[:-1]
        return changes

    def _words(self) -> npt.NDArray[np.uint64]:
        """The WORD bytes from each place on, as a little-endian number."""
        return np.ndarray((len(self.data) - WORD + 1,), "<u8", self.data, strides=(1,))

    def column(self, start: Ints, end: Ints) -> pl.Series | None:
        """The slices from `start` to `end`, in order and apart from each other; None when they are not."""
        import pyarrow as pa  # it takes a tenth of a second to come, and most commands do without

        offsets = np.empty(2 * len(start) + 1, np.int64)
        offsets[0:-1:2], offsets[1::2] = start, end
        offsets[-1] = offsets[-2]
        if (offsets[1:] < offsets[:-1]).any():
            return None
        found = pa.LargeStringArray.from_buffers(2 * len(start), pa.py_buffer(offsets), pa.py_buffer(self.data))
        return pl.Series(pl.from_arrow(found)).gather_every(2)


def text_of(texts: Sequence[bytes]) -> Text | None:
    """The texts as one; None when they are not UTF-8, hold control characters or backslashes."""
    data = b"".join(texts)
    if b"\\" in data or not data or int(np.frombuffer(data, np.uint8).min()) < SPACE or not _is_utf8(data):
        return None
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=starts[1:])
    return Text(data + bytes(WORD), starts)


def _is_utf8(data: bytes) -> bool:
    """Whether the bytes are UTF-8; a character that two texts share is cut by a quotation mark, and noticed."""
    try:
        return data.isascii() or bool(data.decode())
    except UnicodeDecodeError:
        return False


def _word(piece: bytes) -> tuple[np.uint64, np.uint64]:
    """Up to WORD bytes as a little-endian number, and the mask of their bits."""
    bits = (1 << 8 * len(piece)) - 1
    return np.uint64(int.from_bytes(piece, "little")), np.uint64(bits)
