"""Declared sensor types on the command line: those of a directory, and those that a city keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from events.errors import UsageError
from events.feeds.declared_types.declaration_files import registry_of
from events.feeds.registry import Registry

SENSORS = "sensors"
"""Folder of a city that holds its declarations."""

Declarations = Annotated[
    Path | None,
    typer.Option(
        "--declarations", metavar="DIR", help="Declared sensor types, *.toml, beside the city's own 感測器宣告資料夾."
    ),
]


def declared(directory: Path | None, city: Path | None = None) -> Registry:
    """Every format there is: built in, declared in `directory`, declared in the city's `sensors`."""
    if directory is not None and not directory.is_dir():
        raise UsageError(f"--declarations {directory}: no directory; name one that holds *.toml files")
    return registry_of(*(d for d in (directory, city / SENSORS if city else None) if d is not None))
