"""Which spaces are dwellings and which elements are which device, told by a small TOML file.

An entity's texts are its name, long name, object type and type name, the codes and names that classify it, and the
values of the properties that the file lists. The default is `mapping_default.toml`; a project's file has the same
shape, and what it leaves out stays as there.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bim.errors import MappingError
from bim.facts import Entity
from bim.tables import DEVICE_KINDS

DEFAULT = Path(__file__).with_name("mapping_default.toml")


@dataclass(frozen=True)
class DwellingRule:
    """Texts that make a zone or a space a dwelling; a pattern that groups spaces into dwellings by their names."""

    matches: re.Pattern[str]
    excludes: re.Pattern[str]
    group_spaces_by: re.Pattern[str] | None


@dataclass(frozen=True)
class DeviceRule:
    """Elements of these classes are of this kind, if their predefined type or one of their texts says so."""

    kind: str
    classes: frozenset[str]
    predefined: frozenset[str] = field(default_factory=frozenset)
    named: re.Pattern[str] | None = None

    def takes(self, entity: Entity, lineage: list[str], texts: Iterable[str]) -> bool:
        """Whether an entity of a class with these supertypes and with these texts is of this kind."""
        if not self.classes.intersection(lineage):
            return False
        if not self.predefined and self.named is None:
            return True
        return (entity.predefined_type or "") in self.predefined or says(self.named, texts)


@dataclass(frozen=True)
class Mapping:
    """A mapping file, read. `properties` (`Set.Name`) count as texts; `digest` names its content; `own` is the text of
    the project's file (empty: there is none)."""

    dwelling: DwellingRule
    devices: tuple[DeviceRule, ...]
    properties: frozenset[str]
    digest: str
    own: str = ""


def read(path: Path | None) -> Mapping:
    """The mapping in a file over the default one; None: the default. Raises MappingError."""
    own = b"" if path is None else _bytes(path)
    return _parsed(own, path)


def of(text: str) -> Mapping:
    """The mapping of a project's file with this text (`Mapping.own`). Raises MappingError."""
    return _parsed(text.encode(), None)


def _parsed(own: bytes, path: Path | None) -> Mapping:
    default = DEFAULT.read_bytes()
    try:
        return _mapping(tomllib.loads(default.decode()), tomllib.loads(own.decode()), default + own, own.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, re.error, KeyError, TypeError) as error:
        raise MappingError(f"{path}: no mapping file: {error}; see bim/mapping_default.toml for its shape") from error


def called(entity: Entity) -> tuple[str, ...]:
    """What an entity is called: name, long name, object type, type name."""
    return tuple(
        text for text in (entity.name, entity.long_name, entity.object_type, entity.type_name) if text is not None
    )


def says(pattern: re.Pattern[str] | None, texts: Iterable[str]) -> bool:
    """Whether a pattern is found in one of the texts."""
    return pattern is not None and any(pattern.search(text) for text in texts)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MappingError(f"{path}: the mapping file cannot be read: {error.strerror}") from error


def _mapping(default: dict[str, Any], own: dict[str, Any], content: bytes, text: str) -> Mapping:
    unknown = set(own) - {"dwelling", "device", "texts"}
    if unknown:
        raise KeyError(f"unknown tables {sorted(unknown)}")
    dwelling = {**default["dwelling"], **own.get("dwelling", {})}
    devices = [*own.get("device", []), *default["device"]]
    return Mapping(
        _dwelling_rule(dwelling),
        tuple(_device_rule(each) for each in devices),
        frozenset({**default["texts"], **own.get("texts", {})}["properties"]),
        hashlib.sha256(content).hexdigest(),
        text,
    )


def _dwelling_rule(table: dict[str, str]) -> DwellingRule:
    grouping = table["group_spaces_by"]
    return DwellingRule(_pattern(table["is"]), _pattern(table["is_not"]), _pattern(grouping) if grouping else None)


def _device_rule(table: dict[str, Any]) -> DeviceRule:
    if table["kind"] not in DEVICE_KINDS:
        raise KeyError(f"kind {table['kind']!r} is none of {', '.join(DEVICE_KINDS)}")
    return DeviceRule(
        table["kind"],
        frozenset(table["classes"]),
        frozenset(table.get("predefined", ())),
        _pattern(table["named"]) if "named" in table else None,
    )


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)
