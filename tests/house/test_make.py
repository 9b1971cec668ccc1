"""What a new user types."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.house.checkout import CHECKOUT


def run(*command: str, cwd: Path = CHECKOUT, **settings: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        command,
        cwd=cwd,
        env=inherited | settings,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_make_alone_lists_every_target_with_its_help() -> None:
    listed = set(re.findall(r"^make ([a-z-]+) +\S", run("make").stdout, re.M))
    declared = re.search(r"^\.PHONY: (.+)$", (CHECKOUT / "Makefile").read_text("utf-8"), re.M)
    assert declared is not None
    assert listed == set(declared[1].split())
    assert {"env", "demo", "test", "check", "kafka", "bench"} <= listed


def test_the_environment_is_compiled_when_it_is_made(tmp_path: Path) -> None:
    would_run = run("make", "--dry-run", "env", f"VENV={tmp_path / 'venv'}").stdout
    assert "uv pip install --quiet --compile-bytecode" in would_run
    assert "-m compileall -q -j 0 twin events bim views replay" in would_run


def test_an_old_python_is_refused_with_the_way_out(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n', encoding="utf-8")
    old.chmod(0o755)
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_bytes((CHECKOUT / name).read_bytes())
    ran = run("make", "env", f"PYTHON={old}", cwd=tmp_path)
    assert ran.returncode != 0
    assert "Python 3.9.2, Python 3.11 or newer is needed" in ran.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(("missing", "package"), [("java", "openjdk-17-jre-headless"), ("mvn", "maven")])
def test_the_broker_names_the_missing_program_and_its_package(missing: str, package: str, tmp_path: Path) -> None:
    # Given a checkout without cached jars, on a machine whose PATH lacks the program
    for name in ("broker.py", "jars.py", "probe.py", "properties.py", "secured.py", "pom.xml", "log4j2.properties"):
        target = tmp_path / "deploy" / "kafka" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((CHECKOUT / "deploy" / "kafka" / name).read_bytes())
    programs = tmp_path / "bin"
    programs.mkdir()
    fake_java = programs / "java"
    fake_java.write_text("#!/bin/sh\necho 'openjdk version \"17.0.1\"' >&2\n", encoding="utf-8")
    fake_java.chmod(0o755)
    if missing == "java":
        fake_java.unlink()
    broker = str(tmp_path / "deploy" / "kafka" / "broker.py")
    # When it is started
    python = str(CHECKOUT / ".venv" / "bin" / "python")
    ran = run(python, broker, "--port", "0", "--data-dir", str(tmp_path / "data"), PATH=str(programs), JAVA_HOME="")
    # Then it says so in one line, not in a traceback
    assert ran.returncode == 1
    assert f"{missing} is missing" in ran.stderr and package in ran.stderr
    assert "Traceback" not in ran.stderr
