"""Every test's surroundings: the real parts as fixtures, their markers, and no skips where all is required."""

from __future__ import annotations

from collections.abc import Generator, Iterable

import pytest
from hypothesis import settings
from pytest import CallInfo, CollectReport, Item, TestReport

from tests.parts.broker import broker, broker_factory, broker_parts, mortal_broker
from tests.parts.browser import browser, chromium, page
from tests.parts.data import shared_data
from tests.parts.postgres import postgres_dsn, postgres_server
from tests.parts.required import REQUIRE_ALL, everything_is_required

__all__ = [
    "broker",
    "broker_factory",
    "broker_parts",
    "browser",
    "chromium",
    "mortal_broker",
    "page",
    "postgres_dsn",
    "postgres_server",
    "shared_data",
]

# Laws are not timed: a busy machine must not fail one. Where everything is required (CI), each law is tried on the same
# examples every time; a developer's run looks for new ones (`pytest -m hypothesis` runs the laws alone).
settings.register_profile("untimed", deadline=None)
settings.register_profile("same examples", deadline=None, derandomize=True)
settings.load_profile("same examples" if everything_is_required() else "untimed")

MARKER_OF_PART = {"broker_parts": "kafka", "chromium": "browser", "postgres_server": "postgres"}


def pytest_collection_modifyitems(items: Iterable[Item]) -> None:
    """Whoever uses a real part carries its marker, so that `-m "not kafka"` needs no bookkeeping."""
    for item in items:
        for part in MARKER_OF_PART.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(MARKER_OF_PART[part])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: Item, call: CallInfo[None]) -> Generator[None, TestReport, TestReport]:
    """A skip is a failure where everything is required (an expected failure is none)."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and everything_is_required():
        _fail(report, item.nodeid)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, CollectReport, CollectReport]:
    """So is a module that skips itself."""
    report = yield
    if report.outcome == "skipped" and everything_is_required():
        _fail(report, report.nodeid)
    return report


def _fail(report: TestReport | CollectReport, where: str) -> None:
    report.outcome = "failed"
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.longrepr = f"{where}: {reason}, and with {REQUIRE_ALL}=1 nothing may be skipped"
