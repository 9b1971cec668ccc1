"""What commands that run for long share: log options, and an end in good order at SIGTERM."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Annotated

import typer

from events.errors import UsageError
from views.logs import LogFormat, configure, level_named

LogForm = Annotated[
    LogFormat, typer.Option("--log-format", envvar="TWIN_LOG_FORMAT", help="Lines for people, or JSON 紀錄格式.")
]
LogLevel = Annotated[
    str | None, typer.Option("--log-level", metavar="debug|info|warning|error", help="Least level shown 紀錄等級.")
]


def configure_logs(form: LogFormat, level: str | None) -> None:
    """Set the logs as the options say; UsageError for an unknown level."""
    try:
        configure(form, level_named(level))
    except KeyError:
        raise UsageError(f"no log level {level!r}; there are debug, info, warning, error") from None


def stop_on_signals(also: Callable[[], None] = lambda: None) -> threading.Event:
    """An event that SIGTERM or SIGINT sets, so that work ends between two steps; `also` is called then too."""
    stop = threading.Event()

    def end(*_: object) -> None:
        stop.set()
        also()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return stop
