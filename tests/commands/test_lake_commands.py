"""`twin lake`: status, retention and publishing from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from events.errors import UsageError
from tests.replay.test_series_law import built
from twin.place import Place
from views.cli import app

DAY = [[(point, hour, float(hour)) for point in range(3)] for hour in range(24)]


def answer(*words: str) -> dict[str, object]:
    done = CliRunner().invoke(app, ["lake", *words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    told: dict[str, object] = json.loads(done.stdout)
    return told


def test_status_and_publish_tell_the_same_position(tmp_path: Path) -> None:
    city = str(tmp_path / "city")
    built(tmp_path / "city", DAY, {23})
    told = answer("status", "--city", city)
    published = answer("publish", str(tmp_path / "shared"), "--city", city)
    assert told["position"] == published["position"]
    assert [one["rows"] for one in told["families"]] == [72]  # type: ignore[attr-defined]


def test_a_retention_is_kept_in_the_city_file_and_taken_back(tmp_path: Path) -> None:
    city = str(tmp_path / "city")
    built(tmp_path / "city", DAY, {23})
    answer("retain", "--family", "positions", "--days", "30", "--city", city)
    answer("retain", "--family", "readings", "--days", "7", "--city", city)
    assert Place(tmp_path / "city").read().retention_days == {"positions": 30, "readings": 7}
    answer("retain", "--family", "positions", "--all", "--city", city)
    assert Place(tmp_path / "city").read().retention_days == {"readings": 7}


def test_a_retention_of_no_family_or_of_no_days_is_wrong_usage(tmp_path: Path) -> None:
    city = str(tmp_path / "city")
    built(tmp_path / "city", DAY, set())
    with pytest.raises(UsageError, match="no observation family 'lifts'"):
        answer("retain", "--family", "lifts", "--days", "3", "--city", city)
    done = CliRunner().invoke(app, ["lake", "retain", "--family", "readings", "--city", city])
    assert done.exit_code == 2
