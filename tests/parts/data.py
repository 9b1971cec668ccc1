"""The captured files: read where they lie, never copied into the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.parts.required import need

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of captured files: `TWIN_SHARED_DATA`, else `../shared/data` beside the checkout."""
    named = os.environ.get("TWIN_SHARED_DATA")
    folder = Path(named) if named else CHECKOUT.parent / "shared" / "data"
    return need(folder if folder.is_dir() else None, f"the folder {folder}", "name it with TWIN_SHARED_DATA")
