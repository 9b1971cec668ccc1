"""What the house's tests read: the tracked files and the modules of this checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = ("twin", "events", "bim", "views", "replay")


def tracked_files() -> list[Path]:
    """Every file that git tracks or would track, as absolute paths."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    return [path for name in sorted(listed.split("\0")) if name and (path := CHECKOUT / name).is_file()]


def source_files() -> list[Path]:
    """The modules of the five packages."""
    return [path for package in PACKAGES for path in sorted((CHECKOUT / package).rglob("*.py"))]


def module_name(path: Path) -> str:
    """The dotted name under which a source file is imported."""
    parts = path.relative_to(CHECKOUT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
