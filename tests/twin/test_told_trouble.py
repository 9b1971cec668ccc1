"""Two processes at one lake, a full disk, a damaged log: each is told in words, and costs no answer that is right."""

from __future__ import annotations

import errno
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from events.errors import LakeMovedError, UsageError
from events.ingest import Ingester
from replay.city import City
from tests.house.checkout import CHECKOUT
from tests.twin.test_projections import SOURCE, place, readings
from tests.twin.test_rebuild_running import flushed, same, seen
from twin.place import Place
from twin.projector import Projector
from twin.rebuild import rebuild

__all__ = ["place"]


def grow(place: Place, seeds: range) -> None:
    """Further batches, each of them flushed: what a manifest before last named is taken away."""
    for seed in seeds:
        with place.log() as log:
            Ingester(log).append_frames(SOURCE, {"readings": readings(seed)})
        flushed(place)


def test_a_reader_whose_files_are_gone_answers_from_the_lake_that_stands_there(place: Place) -> None:
    flushed(place)
    with City.open(place.directory) as reader:
        before, files = seen(reader), reader.lake.manifest.files()
        with place.log() as log:
            rebuild(log, place.directory)
        grow(place, range(50, 53))
        assert not any((place.lake / file).exists() for file in files), "nothing that the reader opened is left"
        same(before, seen(reader))


def test_a_reader_of_a_lake_that_is_gone_altogether_is_told(place: Place) -> None:
    flushed(place)
    with City.open(place.directory) as reader:
        (place.lake / "manifest.json").unlink()
        for file in (place.lake / "readings").glob("part-*"):
            file.unlink()
        with pytest.raises(LakeMovedError, match="ask again, and if it stays so: twin rebuild"):
            reader.cut(known=3).frame("readings")


def test_of_two_rebuilds_at_once_one_is_told_and_the_other_ends_well(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed(place)
    begun, go_on = threading.Event(), threading.Event()
    caught_up = Projector.catch_up

    def slow(self: Projector, **words: object) -> int:
        begun.set()
        assert go_on.wait(60)
        return caught_up(self, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(Projector, "catch_up", slow)
    built: list[object] = []
    with place.log() as one, place.log() as other:
        first = threading.Thread(target=lambda: built.append(rebuild(one, place.directory)))
        first.start()
        assert begun.wait(60)
        with pytest.raises(UsageError, match="is being rebuilt by another process; wait for it to end"):
            rebuild(other, place.directory)
        go_on.set()
        first.join()
        assert len(built) == 1
        rebuild(other, place.directory)


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_told_in_words_and_the_rows_have_landed(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with place.log() as log, caplog.at_level(logging.WARNING):
        writer, projector = Ingester(log, checkpoint=place.memory), Projector(log, place.directory)
        landed = writer.append_frames(SOURCE, {"readings": readings(77)})
        projector.catch_up()
        with monkeypatch.context() as disk:
            disk.setattr("events.memory_file.put", full)
            disk.setattr("twin.projections.history.write", full)
            writer.save()
            assert projector.save() is False
        assert landed.position == log.head()
        assert "all rows landed, and the next start reads the log instead: free some disk space" in caplog.text
        assert "nothing is lost, the log has all rows: free some disk space" in caplog.text
        assert projector.save(), "once there is room"
        writer.save()
    with City.open(place.directory) as city:
        assert city.head == landed.position == city.lake.position


def damage(place: Place) -> Path:
    """Cut the log's file short."""
    path = place.directory / "log.sqlite"
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 3)
    return path


def test_over_a_log_that_is_cut_short_the_app_says_what_is_wrong(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TWIN_CITY", str(place.directory))
    path = damage(place)
    app = AppTest.from_file(str(CHECKOUT / "views" / "app.py"), default_timeout=120).run()
    assert not app.exception
    shown = [str(getattr(part, "value", "")) for part in app.get("html")]
    assert any('role="alert"' in words and "事件紀錄暫時無法讀取" in words for words in shown), "the page is not blank"
    assert str(path) in caplog.text, "the operator reads which file, and what to do"
    assert "look at it with `twin log verify`, and restore it from a backup" in caplog.text


def test_a_server_that_ignores_a_signal_is_ended_within_seconds(tmp_path: Path) -> None:
    """The command that serves the app ends, whatever the server that it started does."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom views import serve\nfrom views.commands import serve as commands\n"
        "from twin.place import init\ninit(Path(sys.argv[1]))\ncommands.GRACE_S = 0.5\n"
        "deaf = 'import signal, time\\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\\nprint(1, flush=True)\\n"
        "time.sleep(600)'\n"
        "serve.command = lambda *_: ([sys.executable, '-c', deaf], {})\n"
        "try:\n    commands.ui(Path(sys.argv[1]), 1, False)\nexcept commands.typer.Exit as end:\n"
        "    sys.exit(end.exit_code)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "city")], stderr=subprocess.PIPE, text=True, cwd=CHECKOUT
    ) as command:
        assert command.stderr is not None
        while command.stderr.readline().strip() != "1":
            assert command.poll() is None
        command.send_signal(signal.SIGTERM)
        assert command.wait(30) == 0
