"""A scenario file: the question as a planner writes it, read into values and refused where it is off.

title = "東明：屋頂光電與儲能 Dongming: rooftop PV and a battery"
community = "84e67c87923337da"
seed = 1                              # for engines that draw lots; the energy balance draws none
parameters = "2026-11"                # optional, a released parameter set

[base]
at = "latest"                         # or RFC 3339: the instant whose meters and buildings count
known = 1234                          # optional: the log position whose knowledge counts; left out: the best

[window]
start = "-7d"                         # RFC 3339, or before base.at in days, hours or minutes
end = "0d"

[[intervention]]                      # see replay.interventions; none at all is the baseline itself
type = "rooftop_pv"
kwp = 250.0
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from events.clock import parse_time, shifted
from events.errors import UsageError
from replay import parameters
from replay.interventions import Intervention, read_interventions

LONGEST = timedelta(days=366)
STEP = timedelta(minutes=15)
"""Interval of the balance: that of the meters and of the utility's demand."""


class Base(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The cut that the branch leaves from: `at` RFC 3339 or `latest`, `known` a log position or None for the best."""

    at: str = "latest"
    known: int | None = None


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The stretch of event time that is balanced."""

    start: str = "-7d"
    end: str = "0d"


@dataclass(frozen=True)
class Scenario:
    """The question with its times as written; `resolve` makes them instants."""

    title: str
    community_id: str
    base: Base = field(default_factory=Base)
    window: Window = field(default_factory=Window)
    interventions: tuple[Intervention, ...] = ()
    seed: int = 0
    parameter_set: str = parameters.LATEST
    where: str = "scenario"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    community: str
    base: Base = Base()
    window: Window = Window()
    intervention: tuple[dict[str, Any], ...] = ()
    seed: int = 0
    parameters: str = parameters.LATEST


@dataclass(frozen=True)
class Resolved:
    """The question's instants, UTC: the base and the window from `start` up to `end`."""

    at: datetime
    start: datetime
    end: datetime


def read_scenario(path: Path) -> Scenario:
    """The scenario of a TOML file; UsageError names the file, the key and what is wrong."""
    try:
        return scenario_of(tomllib.loads(path.read_text("utf-8")), str(path))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: no scenario can be read ({error})") from error


def scenario_of(tables: Mapping[str, Any], where: str = "scenario") -> Scenario:
    """The scenario of a file's tables (or of a form's values); `where` leads the error messages."""
    try:
        file = msgspec.convert(_plain(tables), _File)
    except msgspec.ValidationError as error:
        raise UsageError(f"{where}: {error}") from error
    changes = read_interventions(file.intervention, where)
    return Scenario(file.title, file.community, file.base, file.window, changes, file.seed, file.parameters, where)


def resolve(scenario: Scenario, latest: datetime | None) -> Resolved:
    """The scenario's instants; `latest` is the city's last event time, None when it has none."""
    at = _instant(scenario.base.at, latest, f"{scenario.where}: base.at")
    start = _instant(scenario.window.start, at, f"{scenario.where}: window.start")
    end = _instant(scenario.window.end, at, f"{scenario.where}: window.end")
    if not start < end <= start + LONGEST:
        raise UsageError(
            f"{scenario.where}: the window from {start.isoformat()} to {end.isoformat()} must be longer than nothing "
            "and at most 366 days"
        )
    return Resolved(at, start, end)


_BEFORE = re.compile(r"([+-]?\d+)(d|h|min)")
_MINUTES = {"d": 24 * 60, "h": 60, "min": 1}
_DIGITS = 12
"""Digits of a shift that can lie within any calendar."""


def _instant(written: str, latest: datetime | None, where: str) -> datetime:
    """The quarter hour that is meant; a time written with seconds is taken down to its quarter hour."""
    relative = _BEFORE.fullmatch(written)
    if relative or written == "latest":
        if latest is None:
            raise UsageError(f"{where} is {written!r}, but the city has no observations yet; give an RFC 3339 time")
        return _quarter(latest if relative is None else _moved(latest, relative, where))
    try:
        return _quarter(parse_time(written))
    except UsageError as error:
        raise type(error)(f"{where}: {error}") from error


def _moved(latest: datetime, relative: re.Match[str], where: str) -> datetime:
    told = f"{where}: {relative[0]}"
    count = int(relative[1][: _DIGITS + 1])  # more digits lie outside of the calendar however they go on
    return shifted(latest, minutes=count * _MINUTES[relative[2]], told=told)


def _plain(value: Any) -> Any:
    """The tables with TOML's own times as the text they were written as."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return value.isoformat() if isinstance(value, date) else value


def _quarter(moment: datetime) -> datetime:
    return moment - timedelta(minutes=moment.minute % 15, seconds=moment.second, microseconds=moment.microsecond)
