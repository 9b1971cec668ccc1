"""A payload as long as the limit is kept whole; of one a byte longer the beginning is, and its length and digest."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from events import quarantine
from events.feeds.decoded import Payload
from events.feeds.registry import format_named
from events.ids import SourceId
from events.ingest import Ingester
from events.log import Log
from events.quarantine import PAYLOAD_LIMIT, Refusal, frame, quarantined
from events.source import Poll

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LIMIT = 1_000


@pytest.mark.parametrize(("size", "kept"), [(LIMIT - 1, LIMIT - 1), (LIMIT, LIMIT), (LIMIT + 1, LIMIT)])
def test_the_limit_itself_is_kept_whole(size: int, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "PAYLOAD_LIMIT", LIMIT)
    payload = bytes(range(256)) * 4
    stored = frame([Refusal(3, "senml", "no pack", payload[:size])])
    assert stored["payload"].to_list() == [payload[:kept]]
    if size <= LIMIT:
        assert stored["reason"].to_list() == ["no pack"]
        assert "sha256" not in stored.columns
    else:
        assert stored["reason"].to_list() == [f"no pack (payload of {size} bytes: the first {LIMIT} kept)"]
        assert stored["sha256"].to_list() == [hashlib.sha256(payload[:size]).hexdigest()]


@pytest.mark.parametrize("size", [PAYLOAD_LIMIT, PAYLOAD_LIMIT + 1])
def test_a_file_at_the_limit_is_in_quarantine_once_however_often_it_is_offered(tmp_path: Path, size: int) -> None:
    form, payload = format_named("senml"), b"x" * size
    poll = Poll(SourceId("file:long"), -1, -1, {form: [Payload(payload, NOW)]}, {form: [-1]})
    with Log.open(tmp_path / "log.sqlite") as log:
        for wanted in (1, 0):
            writer = Ingester(log, clock=lambda: NOW, allowed_bytes=4 * PAYLOAD_LIMIT)
            assert [writer.ingest(poll).refused, writer.ingest(poll).refused] == [wanted, 0]
        (found,) = quarantined(log)
    assert len(found.refusal.payload) == PAYLOAD_LIMIT
    assert found.refusal.digest == hashlib.sha256(payload).hexdigest()
    assert (f"payload of {size} bytes" in found.refusal.reason) == (size > PAYLOAD_LIMIT)
