"""What is tracked: no address of a registry, no place on one machine, modules of one idea."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
import tomllib
from pathlib import Path

import pytest

from tests.house.checkout import CHECKOUT, module_name, source_files, tracked_files

# Spelled in pieces, so that this file does not hold what it forbids.
HOSTS = ("files.python" + "hosted.", "pypi." + "org", "registry." + "npmjs", "repo1." + "maven", "deb.deb" + "ian.")
REGISTRY_HOSTS = re.compile("|".join(map(re.escape, HOSTS)))
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:" + "|".join(["work" + "/", "root" + "/", "home" + r"/\w"]) + ")")
LONGEST_MODULE_LINES = 300
LONGER_FOR_A_REASON: dict[str, str] = {}  # path: the one idea that needs more lines

SOURCES = [pytest.param(path, id=module_name(path)) for path in source_files()]
# Executed by Streamlit, not imported: as a script, each run draws a page.
SCRIPTS = re.compile(r"views\.(app|pages\..+)$")


def text_of(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None


@pytest.mark.parametrize("forbidden", [REGISTRY_HOSTS, MACHINE_PATHS], ids=["registry host", "machine path"])
def test_no_tracked_file_names_a_registry_host_or_a_machines_path(forbidden: re.Pattern[str]) -> None:
    found = [
        f"{path.relative_to(CHECKOUT)}: {match[0]}"
        for path in tracked_files()
        if (text := text_of(path)) is not None and (match := forbidden.search(text))
    ]
    assert found == []


@pytest.mark.parametrize("path", SOURCES)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


@pytest.mark.parametrize("path", SOURCES)
def test_no_module_outgrows_its_one_idea(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= LONGEST_MODULE_LINES or str(path.relative_to(CHECKOUT)) in LONGER_FOR_A_REASON


@pytest.mark.parametrize("path", [path for path in SOURCES if not SCRIPTS.match(str(path.id))])
def test_every_example_in_a_docstring_is_true(path: Path) -> None:
    module = importlib.import_module(module_name(path))
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0


def test_every_folder_of_tests_is_a_package_so_that_two_may_hold_files_of_one_name() -> None:
    folders = {path.parent for path in (CHECKOUT / "tests").rglob("*.py")}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_the_index_of_decisions_lists_every_page() -> None:
    decisions = CHECKOUT / "docs" / "decisions"
    linked = re.findall(r"\((\d{4}-[a-z0-9-]+\.md)\)", (decisions / "README.md").read_text("utf-8"))
    assert linked == sorted(path.name for path in decisions.glob("[0-9]*.md"))


def test_the_lock_file_pins_every_dependency_with_a_hash() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {normalised(re.split(r"[\[<>=~!; ]", requirement, maxsplit=1)[0]) for requirement in wanted}
    lock = (CHECKOUT / "requirements.lock").read_text("utf-8")
    pins = re.findall(r"^([A-Za-z0-9._-]+)==[^\n]*\\\n    --hash=sha256:[0-9a-f]{64}", lock, re.M)
    assert names <= {normalised(pin) for pin in pins}
    assert len(pins) == len(re.findall(r"^[A-Za-z0-9._-]+==", lock, re.M))


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
