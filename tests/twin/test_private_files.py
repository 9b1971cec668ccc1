"""Whose names they are, nobody else on the machine reads: the vault, its copies, the city's folder and its backup's."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from events.vault import Vault
from tests.twin.test_erasure import filled
from twin.backup import back_up, back_up_vault
from twin.place import Place
from twin.restore import restore

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """Rights are asked for, not left to the user's umask."""
    before = os.umask(0o000)
    yield
    os.umask(before)


def rights(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_the_vault_and_every_copy_of_it_are_their_owners_alone(tmp_path: Path) -> None:
    city, kept = filled(tmp_path / "city"), tmp_path / "vault-backup.sqlite"
    back_up(city, tmp_path / "backup", NOW)
    back_up_vault(city, kept)
    restored = Place(tmp_path / "restored")
    restore(tmp_path / "backup", restored, None, kept, lambda: NOW)
    vaults = [Path(city.vault().location), kept, Path(restored.vault().location)]
    assert all(Vault(vault).names().height for vault in vaults)
    assert [rights(vault) for vault in vaults] == ["0o600"] * 3
    assert [rights(folder) for folder in (tmp_path / "city", tmp_path / "backup", restored.directory)] == ["0o750"] * 3


def test_a_vault_of_an_earlier_build_becomes_private_when_it_is_used(tmp_path: Path) -> None:
    city = filled(tmp_path / "city")
    path = Path(city.vault().location)
    path.chmod(0o644)
    city.vault().names()
    assert rights(path) == "0o600"
