"""The README's commands run as they stand, in a folder that has this checkout's .venv; the others can be parsed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import typer

from tests.house.checkout import CHECKOUT
from tests.views.conftest import small_city
from views.cli import app

__all__ = ["small_city"]

README = (CHECKOUT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.S)
SERVED = ("--kafka", "twin ui", "make ", "https://")
"""What needs a broker, stays up, or is another command's own test."""

RUN = [block for block in BLOCKS if not any(word in block for word in SERVED)]


@pytest.fixture
def folder(tmp_path: Path, small_city: Path) -> Path:
    """Where a reader stands: the checkout's environment and documents, and the demo city."""
    for name in (".venv", "docs"):
        (tmp_path / name).symlink_to(CHECKOUT / name)
    (tmp_path / "city").symlink_to(small_city)
    return tmp_path


def test_there_are_blocks_of_each_kind() -> None:
    assert len(RUN) == 2 < len(BLOCKS)


@pytest.mark.parametrize("at", range(len(RUN)))
def test_a_block_runs_as_it_stands(at: int, folder: Path) -> None:
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", RUN[at]],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert ran.returncode == 0, ran.stdout[-1500:] + ran.stderr[-1500:]
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    "line",
    [line for block in BLOCKS for line in block.replace("&&", "\n").splitlines() if line.strip().startswith("twin")],
)
def test_every_command_of_the_readme_is_one(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    group = typer.main.get_command(app)
    group.make_context("twin", words)
    command = group.get_command(None, words.pop(0))  # type: ignore[attr-defined]
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context("twin", words)
