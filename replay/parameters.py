"""Parameters of the engines: every number with its unit, its source and the day from which it holds.

A set is a file `parameter_sets/<version>.toml`; a result names the set's version and its digest.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import msgspec

from events.clock import TAIPEI
from events.errors import UsageError

FOLDER = Path(__file__).parent / "parameter_sets"

LATEST = "2026-11"
"""The set that a scenario takes when it names none."""


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value, or twelve monthly ones (January first), holding from `valid_from` until the next of its name."""

    name: str
    value: float | tuple[float, ...]
    unit: str
    valid_from: date
    status: Literal["published", "estimate", "assumed"]
    source: str


@dataclass(frozen=True)
class ParameterSet:
    """A released set of parameters."""

    version: str
    parameters: tuple[Parameter, ...]

    def at(self, name: str, moment: datetime) -> Parameter:
        """The parameter that holds on the moment's day in Taipei; the first one for earlier days."""
        named = sorted((p for p in self.parameters if p.name == name), key=lambda p: p.valid_from)
        if not named:
            raise UsageError(f"parameter set {self.version} has no {name}; add it with its unit and source")
        day = moment.astimezone(TAIPEI).date()
        return [p for p in named if p.valid_from <= day][-1] if named[0].valid_from <= day else named[0]

    def value(self, name: str, moment: datetime) -> float:
        """The single value that holds at the moment."""
        found = self.at(name, moment).value
        if isinstance(found, tuple):
            raise UsageError(f"parameter {name} of set {self.version} has monthly values; ask for `monthly`")
        return found

    def monthly(self, name: str, moment: datetime) -> tuple[float, ...]:
        """The twelve monthly values that hold at the moment, January first."""
        found = self.at(name, moment).value
        if isinstance(found, float) or len(found) != 12:
            raise UsageError(f"parameter {name} of set {self.version} has no twelve monthly values")
        return found

    @property
    def digest(self) -> str:
        """sha256 of the set's content, whatever the layout of its file."""
        return hashlib.sha256(msgspec.json.encode((self.version, self.parameters))).hexdigest()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    parameter: tuple[Parameter, ...]


def load(version: str = LATEST, folder: Path = FOLDER) -> ParameterSet:
    """The released set of this version; UsageError when there is none or its file is off."""
    path = folder / f"{version}.toml"
    released = sorted(p.stem for p in folder.glob("*.toml"))
    if version not in released:
        raise UsageError(f"no parameter set {version!r}; there are {', '.join(released)}")
    try:
        file = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise UsageError(f"{path.name}: {error}") from error
    return ParameterSet(file.version, file.parameter)
