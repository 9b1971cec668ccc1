"""Imports point downwards, vendors enter by one door, and nothing runs on import."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.checkout import CHECKOUT, PACKAGES

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

BROKEN = {
    "events imports bim": ("events/stray.py", "import bim", "views -> replay -> twin -> (bim | events)"),
    "twin imports views": ("twin/stray.py", "import views", "views -> replay -> twin -> (bim | events)"),
    "twin imports kafka": ("twin/stray.py", "import kafka", "kafka only in events/kafka"),
    "events imports eventsourcing": (
        "events/stray.py",
        "import eventsourcing.sqlite",
        "eventsourcing only in events/log.py, events/log_store.py, events/sealing/rising.py and twin/repository.py",
    ),
    "views imports ifcopenshell": ("views/stray.py", "import ifcopenshell", "ifcopenshell only in bim"),
    "replay imports streamlit": (
        "replay/stray.py",
        "import streamlit",
        "streamlit only in views/app.py, views/screens and views/state.py",
    ),
    "views imports pydeck outside layers": ("views/stray.py", "import pydeck", "pydeck only in views/layers"),
}


def lint_imports(directory: Path) -> subprocess.CompletedProcess[str]:
    command = [str(LINT_IMPORTS), "--no-cache"]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_top_level_name_is_this_checkouts(package: str) -> None:
    found = importlib.import_module(package).__file__
    assert found is not None
    assert Path(found).parent == CHECKOUT / package


def test_every_import_contract_is_kept() -> None:
    ran = lint_imports(CHECKOUT)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("what", BROKEN)
def test_a_forbidden_import_breaks_its_contract(what: str, tmp_path: Path) -> None:
    file, line, contract = BROKEN[what]
    for package in PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    shutil.copy(CHECKOUT / ".importlinter", tmp_path)
    assert lint_imports(tmp_path).returncode == 0
    (tmp_path / file).write_text(f"{line}\n", encoding="utf-8")
    ran = lint_imports(tmp_path)
    assert ran.returncode == 1
    assert f"{contract} BROKEN" in " ".join(ran.stdout.split())  # a long name is wrapped
