"""An indicator: a projection that an analyst writes as one file, today, and that then has its whole history.

The file declares, at its top level:

    name         lower-case words with hyphens; names the folder
    version      a whole number from 1; raise it whenever anything else in the file changes
    family       the observation family that is folded, or "consumption": the use of registers
    window       "hour", "day" or "month", of Asia/Taipei
    look_back    timedelta: rows so far before a window are given too (optional, none)
    look_ahead   timedelta: rows so far behind it (optional, none)
    key          columns that identify a row of a window
    columns      column -> (polars type, unit or None), the key's among them; `start` (of the window, UTC) is added
    fold         (rows, start, end) -> frame of exactly `columns`

`rows` are what is believed of start − look_back ≤ time < end + look_ahead (columns of `City.rows`, sorted by identity,
time). Of "consumption" they are the use of every register in the window (`replay.windows.CONSUMPTION`, sorted by
register), which looks around itself: look_back and look_ahead are refused.

`fold` must be pure: nothing but these three may decide its answer. A window whose rows change is folded anew.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, cast

import polars as pl

from events.errors import UsageError
from events.observations import TIME, family

Window = Literal["hour", "day", "month"]
Fold = Callable[[pl.DataFrame, datetime, datetime], pl.DataFrame]

WINDOWS: dict[Window, str] = {"hour": "1h", "day": "1d", "month": "1mo"}
"""Windows and polars' word for them."""

START = "start"
"""The column that says which window a row tells of: its beginning, UTC."""

CONSUMPTION = "consumption"
"""The family of no observation: what registers counted in a window (`twin.reckoning.consumption`)."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NONE = timedelta(0)


@dataclass(frozen=True)
class Indicator:
    """A loaded indicator; `sha256` is that of its file, `title` the first line of its docstring."""

    name: str
    version: int
    title: str
    family: str
    window: Window
    look_back: timedelta
    look_ahead: timedelta
    key: tuple[str, ...]
    columns: Mapping[str, pl.DataType]
    units: Mapping[str, str]
    fold: Fold
    source: bytes
    sha256: str

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Columns of the whole indicator: key, start, the others."""
        others = {c: t for c, t in self.columns.items() if c not in self.key}
        return {**{c: self.columns[c] for c in self.key}, START: TIME, **others}

    def folded(self, rows: pl.DataFrame, start: datetime, end: datetime) -> pl.DataFrame:
        """One window's rows in the declared schema, sorted by key. UsageError when `fold` gives anything else."""
        told = self.fold(rows, start, end)
        if dict(told.schema) != dict(self.columns):
            raise UsageError(
                f"{self.name} v{self.version}: for the window from {start.isoformat()} fold gave "
                f"{dict(told.schema)}, and the file declares {dict(self.columns)}; make them the same"
            )
        if told.select(self.key).is_duplicated().any():
            raise UsageError(
                f"{self.name} v{self.version}: fold gave the same {', '.join(self.key)} twice for the window from "
                f"{start.isoformat()}; aggregate by the key"
            )
        return told.with_columns(pl.lit(start, TIME).alias(START)).select(list(self.schema)).sort(self.key)


def load_indicator(path: Path) -> Indicator:
    """The indicator in a file; UsageError when it cannot be run or lacks a declaration."""
    try:
        source = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    return _declared(path, source, _run(path))


def _run(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("indicator_file", path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path}: no Python file; an indicator is a file such as empty_minutes.py")
    module, before = importlib.util.module_from_spec(spec), sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # a cache beside the analyst's file, or in the city, would be a stranger there
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever a stranger's file raises is that file's fault, and is said with its name
        raise UsageError(f"{path}: cannot be run: {type(error).__name__}: {error}") from error
    finally:
        sys.dont_write_bytecode = before
    return module


def _declared(path: Path, source: bytes, module: ModuleType) -> Indicator:
    def told(name: str, kind: type, default: object = None) -> Any:
        value = getattr(module, name, default)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise UsageError(f"{path}: {name} is {value!r}; declare {name} as {kind.__name__} (docs/indicators.md)")
        return value

    name, version, window = told("name", str), told("version", int), told("window", str)
    columns, key = told("columns", dict), tuple(getattr(module, "key", ()))
    look_back, look_ahead = (told(name, timedelta, _NONE) for name in ("look_back", "look_ahead"))
    if not _NAME.fullmatch(name) or version < 1:
        raise UsageError(
            f"{path}: {name!r} version {version}: give lower-case words with hyphens, and a version from 1"
        )
    if window not in WINDOWS:
        raise UsageError(f"{path}: window is {window!r}; give one of {', '.join(WINDOWS)}")
    if not key or not set(key) <= set(columns) or START in columns:
        raise UsageError(f"{path}: key {key!r} must be among the columns {list(columns)}, and {START!r} must not")
    if not callable(getattr(module, "fold", None)):
        raise UsageError(f"{path}: no function fold(rows, start, end)")
    return Indicator(
        name,
        version,
        (module.__doc__ or name).strip().splitlines()[0],
        _family(path, told("family", str), look_back, look_ahead),
        cast("Window", window),
        look_back,
        look_ahead,
        key,
        {column: _type(path, column, kind) for column, (kind, _) in columns.items()},
        {column: unit for column, (_, unit) in columns.items() if unit},
        module.fold,
        source,
        hashlib.sha256(source).hexdigest(),
    )


def _family(path: Path, name: str, look_back: timedelta, look_ahead: timedelta) -> str:
    """What is folded: an observation family, or the use of registers, which is looked for beyond a window by itself."""
    if name != CONSUMPTION:
        return family(name).name
    if look_back or look_ahead:
        raise UsageError(
            f"{path}: family {name!r} with look_back {look_back}, look_ahead {look_ahead}: leave both out; the "
            "readings around a window are found however far away they are"
        )
    return name


def _type(path: Path, column: str, kind: object) -> pl.DataType:
    found = kind() if isinstance(kind, type) and issubclass(kind, pl.DataType) else kind
    if not isinstance(found, pl.DataType):
        raise UsageError(f"{path}: column {column!r} has type {kind!r}; give a polars type and a unit, or None")
    return found
