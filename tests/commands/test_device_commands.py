"""`twin device`: an exchange is told, and consumption goes on over it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.test_commands import Twin, city, twin
from tests.replay.test_incidents import reading, told
from twin.place import init

__all__ = ["city", "twin"]

DAY = ("--from", "2026-03-02T00:00:00+08:00", "--to", "2026-03-03T00:00:00+08:00")


def test_an_exchange_makes_consumption_go_on(twin: Twin, city: Path) -> None:
    told(init(city), "readings", [reading(15 * i, v) for i, v in enumerate([100.0, 101.0, 3.0, 4.0])])
    (before,) = twin("device", "consumption", "m1", "--step", 15, *DAY)[1]["periods"]
    assert (before["amount"], before["fell"], before["exchanged"]) == (2.0, True, False)
    words = ("exchange", "m1", "--at", "2026-03-02T12:29:00+08:00", "--final", 101.5, "--initial", 2.5)
    _, answer, _ = twin("device", *words)
    assert (answer["unit"], len(answer["events"])) == ("kWh", 1)
    assert twin("device", *words)[1]["events"] == []
    (after,) = twin("device", "consumption", "m1", "--step", 15, *DAY, "--period", "month", "--billing-day", 5)[1][
        "periods"
    ]
    assert (after["amount"], after["fell"], after["exchanged"]) == (pytest.approx(3.0), False, True)
    assert after["start"] == "2026-02-04T16:00:00+00:00"
    (then,) = twin("device", "consumption", "m1", "--step", 15, *DAY, "--known", "2")[1]["periods"]
    assert then["amount"] == 2.0


def test_a_roll_over_of_a_point_that_is_not_there_is_wrong_usage(twin: Twin, city: Path) -> None:
    init(city)
    code, _, err = twin("device", "rolled-over", "m9", "--at", "2026-03-02T12:29:00+08:00", "--modulus", 1000)
    assert code == 2
    assert "has reported nothing" in err
