"""Quarantine: nothing in it is lost, what is mended lands once, what was let go is not listed again."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from events.clock import now
from events.ingest import Ingester
from tests.commands.test_commands import Twin, city, twin
from tests.events.test_flood import flood
from twin.place import Place

__all__ = ["city", "twin"]

GOOD = {"id": "1", "availablecar": 4}
BAD = {"id": "2", "availablecar": -3}


def lots(*park: dict[str, object]) -> str:
    return json.dumps({"data": {"UPDATETIME": "Fri Jun 27 10:58:00 CST 2025", "park": park}})


@pytest.fixture
def holding(twin: Twin, tmp_path: Path) -> Twin:
    """A city with one lot landed and three refusals: a lot, a broken pack, a pack offered under a wrong name."""
    twin("init")
    files = {
        "lots.json": lots(GOOD, BAD),
        "broken.json": '[{"n": ',
        "named.json": '[{"n":"urn:x","u":"kWh","v":3,"t":1700000000}]',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    words = (f"parking:{tmp_path}/lots.json", f"senml:{tmp_path}/broken.json", f"dsmr:{tmp_path}/named.json")
    twin("ingest", "--files", *words)
    return twin


def test_every_refusal_is_listed_with_its_source_and_reason(holding: Twin) -> None:
    code, answer, _ = holding("quarantine", "list")
    assert (code, answer["quarantined"]) == (0, 3)
    assert sum(g["count"] for g in answer["groups"]) == 3
    assert {e["source"] for e in answer["entries"]} == {"file:parking", "file:senml", "file:dsmr"}
    assert holding("quarantine", "list", "--format", "senml")[1]["quarantined"] == 1


def test_a_payload_is_shown_as_it_came(holding: Twin) -> None:
    (entry,) = holding("quarantine", "list", "--source", "file:senml")[1]["entries"]
    assert holding("quarantine", "show", entry["id"])[1]["payload"] == '[{"n": '


def test_what_no_decoder_takes_stays_with_its_reason(holding: Twin) -> None:
    code, answer, _ = holding("quarantine", "retry", "--all")
    assert (code, answer["released"], answer["quarantined"]) == (1, 0, 3)
    assert len(answer["kept"]) == holding("status")[1]["quarantined"] == 3


def test_what_can_be_taken_now_lands_once_and_leaves(holding: Twin) -> None:
    (entry,) = holding("quarantine", "list", "--source", "file:dsmr")[1]["entries"]
    before = holding("status")[1]["observations"]["readings"]
    code, answer, _ = holding("quarantine", "retry", entry["id"], "--as", "senml")
    assert (code, answer["released"], answer["rows"]["readings"]) == (0, 1, 1)
    status = holding("status")[1]
    assert (status["observations"]["readings"], status["quarantined"]) == (before + 1, 2)
    assert holding("quarantine", "retry", entry["id"])[0] == 2


def test_what_was_discarded_is_not_listed_again_nor_counted_and_the_log_verifies(holding: Twin) -> None:
    assert holding("quarantine", "discard", "--all", "--why", "a test")[1]["discarded"] == 3
    assert holding("quarantine", "list")[1]["quarantined"] == holding("status")[1]["quarantined"] == 0
    assert holding("log", "verify")[1]["problems"] == []
    assert holding("rebuild", "--verify")[1]["equal"]


def test_a_reading_ahead_of_the_clock_lands_when_its_time_has_come(
    twin: Twin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time comes within what the clocks of a writer and its store may differ: no clock of this test is wrong."""
    began = now()
    twin("init")
    (tmp_path / "ahead.json").write_text(f'[{{"n":"urn:x","u":"kWh","v":3,"t":{int(began.timestamp()) + 112}}}]')
    assert twin("ingest", "--files", f"senml:{tmp_path}/ahead.json")[1]["quarantined"] == 1
    assert twin("quarantine", "retry", "--all")[0] == 1
    monkeypatch.setattr("views.commands.quarantine.now", lambda: began + timedelta(seconds=55))
    assert twin("quarantine", "retry", "--all")[1]["rows"] == {"readings": 1}
    assert twin("status")[1]["quarantined"] == 0


def test_what_a_flood_did_not_keep_is_counted_and_it_is_said_how_to_fetch_it(twin: Twin, city: Path) -> None:
    twin("init")
    with Place(city).log() as log:
        Ingester(log, allowed_bytes=0).ingest(flood(120))
    _, answer, _ = twin("quarantine", "list")
    assert answer["quarantined"] == sum(answer["reasons"].values()) == 40
    (entry,) = answer["entries"]
    assert (entry["count"], entry["offset"], entry["last_offset"], entry["kept"]) == (40, 120, 159, False)
    shown = twin("quarantine", "show", entry["id"])[1]
    assert shown["payload"] is None and len(shown["sha256"]) == 64
    assert "--topic lines --partition 0 --offset 120 --max-messages 40" in shown["fetch"]
    assert twin("quarantine", "retry", "--all")[0] == 1
    assert twin("quarantine", "discard", "--all", "--why", "a test")[0] == 0
    assert twin("status")[1]["quarantined"] == twin("quarantine", "list")[1]["quarantined"] == 0


@pytest.mark.parametrize("command", ["retry", "discard"])
def test_entries_must_be_named_or_all_meant(holding: Twin, command: str) -> None:
    assert holding("quarantine", command)[0] == 2
    code, _, err = holding("quarantine", command, "99.9")
    assert code == 2
    assert "99.9" in err
