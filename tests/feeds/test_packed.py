"""A gzip of several members is all of them; what is damaged, cut or followed by other bytes is refused."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.errors import PayloadError
from events.feeds import packed
from events.feeds.packed import unpacked


def packed_member(part: bytes) -> bytes:
    return gzip.compress(part, 1, mtime=0)


@given(parts=st.lists(st.binary(max_size=200), min_size=1, max_size=6), zeros=st.integers(0, 600))
def test_every_member_of_a_gzip_is_read(parts: list[bytes], zeros: int) -> None:
    assert unpacked(b"".join(map(packed_member, parts)) + bytes(zeros)) == b"".join(parts)


@given(
    parts=st.lists(st.binary(min_size=1, max_size=200), min_size=2, max_size=4), rest=st.binary(min_size=1, max_size=30)
)
def test_a_gzip_with_something_else_after_it_is_not_taken_for_whole(parts: list[bytes], rest: bytes) -> None:
    with pytest.raises(PayloadError, match=r"gzip (cannot be opened to its end|ends early)"):
        unpacked(b"".join(map(packed_member, parts)) + b"x" + rest)


@given(parts=st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=4), cut=st.integers(1, 17))
def test_a_gzip_cut_in_its_last_member_is_not_taken_for_whole(parts: list[bytes], cut: int) -> None:
    with pytest.raises(PayloadError, match="gzip"):
        unpacked(b"".join(map(packed_member, parts))[:-cut])


def test_members_count_together_against_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "unpacked_most", lambda _bytes: 1000)
    assert len(unpacked(packed_member(b"a" * 500) + packed_member(b"b" * 500))) == 1000
    with pytest.raises(PayloadError, match="more than the 1000 bytes"):
        unpacked(packed_member(b"a" * 500) + packed_member(b"b" * 501))
