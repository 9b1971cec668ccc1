"""Log lines: one JSON object each, or one line for a person; to standard error, whatever stands there."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from views.logs import LogFormat, configure, in_json, level_named

log = logging.getLogger("events.test")


@pytest.fixture(autouse=True)
def afterwards() -> Iterator[None]:
    """Leaves the logs as people want them."""
    yield
    configure(LogFormat.HUMAN)


def test_a_json_line_has_its_fields_and_nothing_else_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogFormat.JSON)
    log.info("%s: landed", "社宅", extra={"source": "kafka:a:0", "rows": {"docks": 3}})
    out, err = capsys.readouterr()
    told = json.loads(err)
    assert out == "" and in_json()
    assert {name: told[name] for name in ("event", "level", "logger", "source", "rows")} == {
        "event": "社宅: landed",
        "level": "info",
        "logger": "events.test",
        "source": "kafka:a:0",
        "rows": {"docks": 3},
    }
    assert told["time"].endswith("Z")


def test_an_exception_is_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogFormat.JSON)
    try:
        raise ZeroDivisionError("a fault")
    except ZeroDivisionError:
        log.exception("failed")
    (line,) = capsys.readouterr().err.splitlines()
    assert "ZeroDivisionError: a fault" in json.loads(line)["exception"]


def test_people_see_warnings_and_no_news(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogFormat.HUMAN)
    log.info("news")
    log.warning("look: %d", 3, extra={"source": "a"})
    assert capsys.readouterr().err == "WARNING events.test: look: 3\n"
    assert not in_json()


def test_configured_again_every_line_is_still_written_once(capsys: pytest.CaptureFixture[str]) -> None:
    for form in (LogFormat.JSON, LogFormat.HUMAN, LogFormat.JSON):
        configure(form, level_named("error"))
    log.error("once")
    log.warning("not at this level")
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("vendor", ["urllib3.connectionpool", "kafka.conn"])
def test_vendors_who_write_whole_addresses_are_not_heard(vendor: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogFormat.JSON, level_named("debug"))
    logging.getLogger(vendor).error("GET /a?key=s3cret")
    assert capsys.readouterr().err == ""
