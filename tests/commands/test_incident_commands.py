"""`twin incidents` lists what happened, and `twin replay --next-incident` begins there."""

from __future__ import annotations

from pathlib import Path

from tests.commands.test_commands import Twin, city, twin
from tests.replay.test_incidents import station, told
from twin.place import init

__all__ = ["city", "twin"]

WINDOW = ("--from", "2026-03-02T11:00:00+08:00", "--to", "2026-03-02T15:00:00+08:00")


def test_incidents_are_listed_with_words_and_evidence(twin: Twin, city: Path) -> None:
    told(init(city), "docks", [station(m, int(not 10 <= m < 55)) for m in range(0, 90, 5)])
    code, answer, _ = twin("incidents", *WINDOW)
    assert (code, answer["count"], answer["known"]) == (0, 1, 2)
    (row,) = answer["incidents"]
    assert (row["kind"], row["time"], row["text_en"]) == (
        "station_empty", "2026-03-02T04:40:00+00:00", "station s1 has had no bike for 30 minutes",
    )  # fmt: skip
    assert twin("incidents", *WINDOW, "--kind", "meter_silent")[1]["count"] == 0


def test_an_unknown_kind_is_wrong_usage(twin: Twin, city: Path) -> None:
    init(city)
    code, _, err = twin("incidents", *WINDOW, "--kind", "storm")
    assert code == 2
    assert "no kind of incident 'storm'; there are station_empty" in err


def test_a_replay_to_an_incident_that_is_not_there_says_so(twin: Twin, city: Path) -> None:
    told(init(city), "docks", [station(m, 1) for m in range(0, 90, 5)])
    code, _, err = twin("replay", *WINDOW, "--next-incident", "--kafka", "127.0.0.1:1")
    assert code == 2
    assert "no incident from" in err
