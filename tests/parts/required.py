"""A part that a test needs: there, or the test says what is missing and how to get it."""

from __future__ import annotations

import os
from typing import TypeVar

import pytest

T = TypeVar("T")

REQUIRE_ALL = "TWIN_REQUIRE_ALL"


def everything_is_required() -> bool:
    """Whether a missing part fails the run (`TWIN_REQUIRE_ALL=1`, as CI sets it)."""
    return os.environ.get(REQUIRE_ALL) == "1"


def need(found: T | None, what: str, how: str) -> T:
    """`found`; when there is none, the test is skipped, or fails where everything is required."""
    if found is not None:
        return found
    message = f"{what} is missing: {how}"
    if everything_is_required():
        pytest.fail(f"{message} ({REQUIRE_ALL}=1)", pytrace=False)
    pytest.skip(message)
