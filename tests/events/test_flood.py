"""A flood of what cannot be read: every message is counted, the disk is not filled, and nothing is blocked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import batch
from events.feeds.decoded import Decoded, Format, Payload
from events.flood import KINDS, kind, within
from events.ids import SourceId
from events.ingest import Ingester
from events.log import Log
from events.quarantine import CLASH, GAP, QUARANTINE, Outcome, Refusal, quarantined, release
from events.retry import retry
from events.source import Poll
from tests.events.test_ingest import LINES, NOW, SOURCE, log, poll
from twin.projections import ledger as ledgers

__all__ = ["log"]

REFUSALS = st.builds(
    Refusal,
    st.integers(0, 50),
    st.sampled_from(["senml", "aqi", GAP, CLASH]),
    st.one_of(st.sampled_from(["not JSON at 7", "not JSON at 12", "no time"]), st.text(max_size=5)),
    st.binary(max_size=40),
)


def test_each_refusal_is_kept_or_counted_with_its_offset_and_digest() -> None:
    seen: Counter[str] = Counter()

    floods = st.integers(0, 30).flatmap(lambda count: st.lists(REFUSALS, min_size=count, max_size=count))

    @given(parts=floods, left_bytes=st.sampled_from([0, 20, 60, 400]), grouped=st.booleans())
    def law(*, parts: list[Refusal], left_bytes: int, grouped: bool) -> None:
        refusals = [replace(part, offset=at) for at, part in enumerate(parts)]
        stored = within(refusals, left_bytes, grouped=grouped)
        kept = [r for r in stored if r.kept]
        assert sum(r.count for r in stored) == len(refusals)
        assert sum(len(r.payload) + len(r.reason) for r in kept if r.format not in (GAP, CLASH)) <= left_bytes
        alarms = [r for r in refusals if r.format in (GAP, CLASH)]
        assert all(r in kept for r in alarms)
        counted = [r for r in refusals if r not in kept]
        seen.update(alarms=len(alarms), kept=len(kept), counted=len(counted), groups=len(stored) < len(refusals))
        for one in (r for r in stored if not r.kept):
            alike = [r for r in counted if (r.format, kind(r.reason)) == (one.format, kind(one.reason))]
            offsets = [r.offset for r in alike] if grouped else [one.offset]
            assert (one.offset, one.last_offset or one.offset, one.count) == (min(offsets), max(offsets), len(offsets))

    law()
    assert min(seen[word] for word in ("alarms", "kept", "counted", "groups")) > 5, seen


def test_a_digest_is_that_of_the_bytes_or_of_their_digests() -> None:
    alike = [Refusal(at, "senml", f"not JSON at {at}", bytes([at]) * 9) for at in range(3)]
    digests = [hashlib.sha256(one.payload).digest() for one in alike]
    (group,) = within(alike, 0, grouped=True)
    assert (group.offset, group.last_offset, group.count) == (0, 2, 3)
    assert group.sha256 == hashlib.sha256(b"".join(digests)).hexdigest()
    assert [one.sha256 for one in within(alike, 0, grouped=False)] == [d.hex() for d in digests]


@given(st.lists(st.builds(Refusal, st.integers(0, 9), st.just("a"), st.text(max_size=9), st.just(b"x")), max_size=200))
def test_reasons_of_any_number_make_few_groups(refusals: list[Refusal]) -> None:
    assert len(within(refusals, 0, grouped=True)) <= KINDS + 1


def flood(first: int, count: int = 40, size: int = 500) -> Poll:
    """Messages that no one can read, all different."""
    texts = [f"nonsense of {at} {hashlib.sha256(bytes([at % 251])).hexdigest() * (size // 64)}" for at in range(count)]
    return poll(texts, first + count - 1)


def in_quarantine(log: Log) -> int:
    return sum(entry.refusal.count for entry in quarantined(log))


def stored_bytes(log: Log) -> int:
    return sum(len(event.state) for event in log.read(tags=[QUARANTINE]))


def test_a_flood_grows_the_log_by_no_more_than_allowed_and_every_message_counts(log: Log) -> None:
    moments = iter(NOW + timedelta(seconds=at) for at in range(1000))
    writer = Ingester(log, clock=lambda: next(moments), allowed_bytes=60_000)
    refused = sum(writer.ingest(flood(40 * turn)).refused for turn in range(30))
    first = stored_bytes(log)
    assert refused == in_quarantine(log) == 30 * 40
    assert first < 60_000 + 30 * 2500, "an allowance, and a little for each poll"
    kept = [e for e in quarantined(log) if e.refusal.kept]
    assert 0 < len(kept) < refused
    # the restarted ingester knows from the log what was used up; in the next hour bytes are kept again
    again = Ingester(log, clock=lambda: NOW + timedelta(seconds=999), allowed_bytes=60_000)
    again.ingest(flood(1200))
    assert len([e for e in quarantined(log) if e.refusal.kept]) == len(kept)
    later = Ingester(log, clock=lambda: NOW + timedelta(hours=2), allowed_bytes=60_000)
    later.ingest(flood(1240))
    assert len([e for e in quarantined(log) if e.refusal.kept]) == len(kept) + 40
    assert in_quarantine(log) == 32 * 40


def test_good_rows_land_in_the_midst_of_a_flood_and_counts_agree(log: Log) -> None:
    writer = Ingester(log, clock=lambda: NOW, allowed_bytes=0)
    lines = [line for at in range(50) for line in (f"a {at} -{at + 1}", f"nonsense {at}", f"b {at} -{at + 1}")]
    landed = writer.ingest(poll(lines, len(lines) - 1))
    assert (landed.rows["readings"], landed.refused) == (100, 50)
    assert sum(landed.reasons.values()) == in_quarantine(log) == 50
    assert log.tracked(SOURCE) == len(lines) - 1


def test_the_ledger_counts_messages_and_not_rows_and_lets_them_go_together(log: Log) -> None:
    Ingester(log, clock=lambda: NOW, allowed_bytes=0).ingest(flood(0))

    def counted() -> ledgers.Ledger:
        return ledgers.fold(ledgers.Ledger(), [(e.tag, batch.header_of(e.state)) for e in log.read()])

    assert (counted().quarantined, counted().sources[SOURCE].refused) == (40, 40)
    release(log, list(quarantined(log)), Outcome.DISCARDED, "a test", NOW)
    assert (counted().quarantined, counted().sources[SOURCE].refused) == (0, 40)


def test_what_was_not_kept_stays_until_its_bytes_are_fetched(log: Log) -> None:
    writer = Ingester(log, clock=lambda: NOW, allowed_bytes=0)
    writer.ingest(flood(0))
    done = retry(log, writer, list(quarantined(log)), NOW)
    assert done.released == []
    assert all("not kept" in reason for _, reason in done.kept)


def test_a_file_that_floods_is_still_counted_once(log: Log) -> None:
    writer = Ingester(log, clock=lambda: NOW, allowed_bytes=0)
    one = replace(flood(0), source=SourceId("file:lines"), first_offset=-1, last_offset=-1)
    assert [writer.ingest(one).refused, writer.ingest(one).refused] == [40, 0]
    assert Ingester(log, clock=lambda: NOW).ingest(one).refused == 0
    assert in_quarantine(log) == 40


def brittle(payloads: Sequence[Payload]) -> Decoded:
    """A decoder with a fault: it fails for a word, in one of two ways."""
    for payload in payloads:
        if payload.data == b"poison":
            raise ZeroDivisionError("a fault")
        if payload.data == b"panic":
            raise pl.exceptions.PanicException("a vendor's fault")
    return LINES.decode(payloads)


BRITTLE = Format("brittle", "city.brittle", "test.brittle", "text/plain", brittle)


@pytest.mark.parametrize("poison", ["poison", "panic"])
@pytest.mark.parametrize("at", [0, 3, 6])
def test_a_message_that_breaks_its_decoder_is_refused_and_the_others_land(log: Log, poison: str, at: int) -> None:
    lines = [f"a {n} -{n + 1}" for n in range(6)] + ["nonsense"]
    lines.insert(at, poison)
    payloads = [Payload(line.encode(), NOW) for line in lines]
    one = Poll(SOURCE, 0, 7, {BRITTLE: payloads}, {BRITTLE: list(range(8))})
    landed = Ingester(log, clock=lambda: NOW).ingest(one)
    assert (landed.rows["readings"], landed.refused, log.tracked(SOURCE)) == (6, 2, 7)
    kept = {entry.refusal.payload: entry.refusal.offset for entry in quarantined(log)}
    assert kept == {poison.encode(): at, b"nonsense": lines.index("nonsense")}
