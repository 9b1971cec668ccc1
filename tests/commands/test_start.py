"""A command starts with its own imports only: the set of modules is held, not a time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from tests.house.checkout import CHECKOUT
from twin.place import init as make_city
from views.cli import app
from views.command_table import COMMANDS, loaded

HEAVY = {"polars", "numpy", "streamlit", "rich", "pydeck", "altair", "eventsourcing", "ifcopenshell", "pyproj", "scipy"}


def imported(*words: str) -> set[str]:
    """Top-level names of the modules that a command imports."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "views.cli", *words],
        cwd=CHECKOUT,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-500:]
    lines = [line.rpartition("|")[2].strip() for line in ran.stderr.splitlines() if line.startswith("import time:")]
    assert len(lines) > 50
    return {name.split(".")[0] for name in lines} | {name for name in lines if name.startswith("events.feeds")}


def test_help_imports_nothing_that_computes() -> None:
    assert not imported("--help") & HEAVY


def test_status_imports_no_decoder_no_app_and_no_solver(tmp_path: Path) -> None:
    make_city(tmp_path / "city")
    found = imported("status", "--json", "--city", str(tmp_path / "city"))
    assert "polars" in found
    assert not found & (HEAVY - {"polars", "numpy", "eventsourcing"})
    assert (
        not {"google", "jsonschema_rs", "urllib3", "kafka", "cloudevents", "msgpack", "events.feeds.registry"} & found
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_it_says_itself(name: str) -> None:
    said = (loaded(name).help or "").split("\n\n")[0]
    assert " ".join(said.split()) == COMMANDS[name].about


def test_every_command_stands_in_the_list() -> None:
    """Given the functions of views/commands that are commands or groups of them, then each one can be called."""
    group = typer.main.get_command(app)
    assert set(group.list_commands(None)) == set(COMMANDS)  # type: ignore[attr-defined]
    written = {f"{written.module}.{written.attribute}" for written in COMMANDS.values()}
    assert len(written) == len(COMMANDS)
