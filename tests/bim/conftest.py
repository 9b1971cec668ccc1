"""Fixtures of the building models' tests: one parsing process for all of them, real files, one authored block."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bim.author import author_building
from bim.housing import HousingSpec
from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker

SPEC = HousingSpec("84e67c87923337da", "東明社會住宅", "測試棟", 7, 2, 60, 121.6039, 25.05435, rotation_deg=30.0)


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    """A parsing process that every test may use: starting one costs a second."""
    with Worker() as process:
        yield process


@pytest.fixture(scope="session")
def authored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small authored block of 60 dwellings."""
    path = tmp_path_factory.mktemp("authored") / "block.ifc"
    author_building(SPEC, path)
    return path


@pytest.fixture(scope="session")
def block(authored: Path, worker: Worker) -> BuildingModel:
    """The model of the authored block."""
    return load(authored, worker=worker)
