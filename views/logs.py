"""Logs on standard error: lines for people, or one JSON object a line. The one place that configures them.

Modules log through the standard library and give fields as `extra`; no payload and no key is ever a field.
"""

from __future__ import annotations

import logging
import sys
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structlog.types import Processor

HUMAN = "%(levelname)s %(name)s: %(message)s"
QUIET = ("kafka", "urllib3")
"""Vendors that log what we say ourselves, or whole addresses."""


class LogFormat(StrEnum):
    """What a log line looks like."""

    HUMAN = "human"
    JSON = "json"


def configure(form: LogFormat, level: int | None = None) -> None:
    """Send every log line to standard error: warnings for people, all information as JSON, unless `level` is given."""
    handler = _ToStandardError(form)
    root = logging.getLogger()
    root.handlers = [*(one for one in root.handlers if not isinstance(one, _ToStandardError)), handler]
    root.setLevel(level if level is not None else logging.INFO if form == LogFormat.JSON else logging.WARNING)
    for vendor in QUIET:
        logging.getLogger(vendor).setLevel(logging.CRITICAL)


def level_named(text: str | None) -> int | None:
    """`debug`, `info`, `warning` or `error` as the library's number; None for None."""
    return None if text is None else logging.getLevelNamesMapping()[text.upper()]


def in_json() -> bool:
    """Whether lines are JSON, so that progress for people stays away."""
    ours = [one for one in logging.getLogger().handlers if isinstance(one, _ToStandardError)]
    return any(one.form == LogFormat.JSON for one in ours)


class _ToStandardError(logging.Handler):
    """Writes to what standard error is at the moment of writing."""

    def __init__(self, form: LogFormat) -> None:
        super().__init__()
        self.form = form
        self.setFormatter(_json() if form == LogFormat.JSON else logging.Formatter(HUMAN))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        sys.stderr.write(self.format(record) + "\n")
        sys.stderr.flush()


def _json() -> logging.Formatter:
    import structlog  # slow to import, and seldom needed

    before: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.format_exc_info,
    ]
    last: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=True),
    ]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=last)
