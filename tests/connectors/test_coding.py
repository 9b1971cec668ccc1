"""Whatever pieces a gzip comes in it opens to the same bytes, and no beginning of it passes for the whole."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.connectors.coding import PIECE_BYTES, plain
from events.errors import FetchError
from tests.feeds.offering import UNHURRIED

BODIES = st.binary(max_size=300) | st.integers(0, 3 * PIECE_BYTES).map(bytes)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """The data cut into pieces of a size."""
    return (data[at : at + size] for at in range(0, len(data), size))


@UNHURRIED
@given(BODIES, st.integers(1, 200))
def test_every_cutting_of_a_gzip_opens_to_the_same_bytes(body: bytes, size: int) -> None:
    opened = list(plain(pieces(gzip.compress(body, mtime=0), size), "gzip"))
    assert b"".join(opened) == body
    assert max(map(len, opened)) <= PIECE_BYTES


@UNHURRIED
@given(st.lists(BODIES, min_size=1, max_size=3), st.integers(1, 200), st.sampled_from([b"", bytes(2), b"tail"]))
def test_several_gzips_in_a_row_are_one_body_and_what_follows_them_is_no_matter(
    bodies: list[bytes], size: int, after: bytes
) -> None:
    packed = b"".join(gzip.compress(body, mtime=0) for body in bodies)
    assert b"".join(plain(pieces(packed + after, size), "GZIP ")) == b"".join(bodies)


@UNHURRIED
@given(BODIES, st.integers(1, 200), st.floats(0, 1, exclude_max=True))
def test_no_beginning_of_a_gzip_is_whole(body: bytes, size: int, share: float) -> None:
    packed = gzip.compress(body, mtime=0)
    begun = packed[: min(max(1, int(share * len(packed))), len(packed) - 1)]
    with pytest.raises(FetchError, match="ends early"):
        list(plain(pieces(begun, size), "gzip"))


def test_a_body_without_a_coding_is_as_it_is_and_one_without_bytes_has_none() -> None:
    assert b"".join(plain([b"a", b"b"], "")) == b"ab"
    assert b"".join(plain([], "gzip")) == b""


@pytest.mark.parametrize(("data", "coding"), [(zlib.compress(b"a"), "gzip"), (b"x", "br"), (b"x", "gzip, br")])
def test_another_coding_is_refused(data: bytes, coding: str) -> None:
    with pytest.raises(FetchError) as caught:
        list(plain([data], coding))
    assert caught.value.kind == "incomplete"
