"""`twin indicator`: run, list, show."""

from __future__ import annotations

from pathlib import Path

from tests.commands.test_commands import Twin, city, twin
from tests.replay.test_incidents import station, told
from tests.replay.test_indicator import NAME, example
from twin.place import init

__all__ = ["city", "example", "twin"]

AT = "2026-03-02T12:30:00+08:00"


def test_an_indicator_is_run_listed_and_shown(twin: Twin, city: Path, example: Path) -> None:
    told(init(city), "docks", [station(0, 2), station(20, 0)])
    assert twin("indicator", "list")[1] == []
    _, done, _ = twin("indicator", "run", example)
    assert (done["position_before"], done["position"], done["windows"]) == (0, 2, 2)
    (row,) = twin("indicator", "list")[1]
    assert (row["name"], row["version"], row["units"]) == (NAME, 1, {"empty_minutes": "min", "reports": "count"})
    _, shown, _ = twin("indicator", "show", NAME, "--at", AT)
    assert (shown["rows"][0]["empty_minutes"], shown["known"], shown["folded_to"]) == (40.0, 2, 2)
    assert twin("indicator", "show", NAME, "--at", AT, "--known", "0")[1]["rows"] == []


def test_an_indicator_that_is_not_there_is_wrong_usage(twin: Twin, city: Path) -> None:
    init(city)
    code, _, err = twin("indicator", "show", "nothing")
    assert code == 2
    assert "twin indicator run FILE.py" in err
