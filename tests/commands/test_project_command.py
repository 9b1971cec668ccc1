"""`twin project`: whoever reads finds the lake where the log is, without folding anything."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from events.ids import SourceId
from events.ingest import Ingester
from tests.commands.test_commands import Twin, city, twin
from tests.replay.golden import golden_city, hours, reading
from twin.lake import open_lake
from twin.place import Place

__all__ = ["city", "twin"]


def test_until_idle_everything_is_projected(twin: Twin, city: Path) -> None:
    golden_city(city)
    code, answer, _ = twin("project", "--until-idle")
    assert (code, answer["position"]) == (0, answer["lake"])
    assert open_lake(city / "lake").position == answer["position"] > 0


@pytest.mark.parametrize("store", ["file", "server"])
def test_a_projector_follows_the_log_until_it_is_stopped(
    store: str, city: Path, twin: Twin, request: pytest.FixtureRequest
) -> None:
    where = "log.sqlite" if store == "file" else request.getfixturevalue("postgres_dsn")
    assert twin("init", "--log", where)[0] == 0
    command = [sys.executable, "-m", "views.cli", "project", "--city", str(city)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        with Place(city).log() as log:
            writer = Ingester(log)
            for number in range(3):
                writer.append_frames(SourceId("test"), {"readings": reading("m1", hours(number), float(number))})
                while open_lake(city / "lake").position < log.head():
                    assert running.poll() is None
                    time.sleep(0.05)
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)
    assert running.returncode == 0
