"""A missing part is a clear skip, and a failure where everything is required."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.checkout import CHECKOUT

SKIPPING = """
import pytest
from tests.conftest import *
from tests.parts.required import need

def test_needs_a_part():
    need(None, "the part", "install it")

@pytest.mark.skip(reason="by a marker")
def test_skips_itself():
    pass

@pytest.mark.xfail(reason="known")
def test_expected_to_fail():
    assert False
"""


def outcome(tmp_path: Path, source: str, required: str) -> str:
    (tmp_path / "test_skipping.py").write_text(source, encoding="utf-8")
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\nfrom tests.conftest import "
                                          "pytest_runtest_makereport, pytest_make_collect_report\n")  # fmt: skip
    environment = os.environ | {"TWIN_REQUIRE_ALL": required, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", str(tmp_path)]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    return ran.stdout


def test_a_missing_part_is_a_skip_that_says_how_to_get_it(tmp_path: Path) -> None:
    told = outcome(tmp_path, SKIPPING, required="")
    assert "2 skipped, 1 xfailed" in told
    assert "the part is missing: install it" in told


def test_where_everything_is_required_no_test_may_skip(tmp_path: Path) -> None:
    told = outcome(tmp_path, SKIPPING, required="1")
    assert "1 failed, 1 xfailed, 1 error" in told  # a marker skips in the set-up, where a failure is an error
    assert "by a marker" in told


@pytest.mark.parametrize(("required", "told"), [("", "1 skipped"), ("1", "1 error")])
def test_a_module_that_skips_itself_counts_the_same(required: str, told: str, tmp_path: Path) -> None:
    source = 'import pytest\npytest.importorskip("no_such_module_anywhere")\n'
    assert told in outcome(tmp_path, source, required)
