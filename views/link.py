"""An address names what a session looks at, so that a link reopens the same view; what it names in vain is told.

t          the instant, RFC 3339; absent: live
k          log position as known; absent: everything
lang       en; absent: zh-TW
community, building, dwelling, quantity   what is chosen
layers     of the city's map, comma-separated; absent: all
days, kwp, tilt, azimuth, kwh, kw, dispatch   levers of the what-if page (LEVERS)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any

from events.clock import parse_time
from events.errors import UsageError
from views.i18n import Language, text

PLACES = ("community", "building", "dwelling")
QUANTITIES = ("electricity", "water", "gas", "age")
LAYERS = ("sites", "models", "bikes", "buses")
DAYS, DISPATCHES = (1, 2, 3, 6), ("greedy", "peak_shave")
LONGEST = 200
"""Characters of a value that names something; an address cannot make the app search for more."""


@dataclass(frozen=True)
class Lever:
    """A slider's bounds and step."""

    low: int
    high: int
    step: int

    def holds(self, value: int) -> bool:
        """Whether the slider can stand there."""
        return self.low <= value <= self.high and (value - self.low) % self.step == 0


LEVERS = {
    "kwp": Lever(0, 1000, 10),
    "tilt": Lever(0, 60, 1),
    "azimuth": Lever(0, 355, 5),
    "kwh": Lever(0, 2000, 20),
    "kw": Lever(10, 500, 10),
}


@dataclass(frozen=True)
class Settings:
    """Where the what-if page's levers stand: kWp, degrees, degrees from north by east, kWh, kW."""

    days: int = DAYS[-1]
    kwp: int = 400
    tilt: int = 10
    azimuth: int = 180
    kwh: int = 600
    kw: int = 150
    dispatch: str = "peak_shave"


@dataclass(frozen=True)
class State:
    """What a session looks at; None: live, everything known, nothing chosen.

    `strange`: parameter and value of what the address named and does not exist.
    """

    language: Language = "zh-TW"
    at: datetime | None = None
    known: int | None = None
    community: str | None = None
    building: str | None = None
    dwelling: str | None = None
    quantity: str | None = None
    layers: tuple[str, ...] = LAYERS
    settings: Settings = field(default_factory=Settings)
    strange: tuple[tuple[str, str], ...] = ()

    def say(self, key: str, **values: object) -> str:
        """Words in the session's language."""
        return text(self.language, key, **values)


def from_query(query: Mapping[str, str]) -> State:
    """The state that an address names; what makes no sense is left out, and told as `strange`."""
    found: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    strange = []
    for name, value in query.items():
        try:
            where, meant = _read(name, value)
        except (ValueError, UsageError):
            strange.append((name[:LONGEST], value[:LONGEST]))
            continue
        (settings if where in _SETTINGS else found)[where] = meant
    return State(**found, settings=Settings(**settings), strange=tuple(strange))


def to_query(state: State) -> dict[str, str]:
    """The address's part that names a state: only what differs from the default."""
    usual = State()
    query: dict[str, str] = {"lang": state.language} if state.language != usual.language else {}
    if state.at is not None:
        query["t"] = rfc3339(state.at)
    if state.known is not None:
        query["k"] = str(state.known)
    query |= {name: value for name in (*PLACES, "quantity") if (value := getattr(state, name))}
    if state.layers != usual.layers:
        query["layers"] = ",".join(state.layers)
    levers = {name: getattr(state.settings, name) for name in _SETTINGS}
    return query | {name: str(value) for name, value in levers.items() if value != getattr(usual.settings, name)}


def without(state: State, name: str, field_name: str) -> State:
    """The state without what it names in vain, which is told instead."""
    value = getattr(state, field_name)
    shown = rfc3339(value) if isinstance(value, datetime) else str(value)
    gone: dict[str, Any] = {field_name: None}
    return replace(state, **gone, strange=(*state.strange, (name, shown)))


def rfc3339(moment: datetime) -> str:
    """An instant in UTC, as addresses and the command line take it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_SETTINGS = tuple(f.name for f in fields(Settings))


def _read(name: str, value: str) -> tuple[str, Any]:
    """Field of State or Settings, and its value; ValueError or UsageError for what is none."""
    if len(value) > LONGEST:
        raise ValueError(name)
    match name:
        case "lang":
            return "language", _among(value, ("en", "zh-TW"))
        case "t":
            return "at", parse_time(value)
        case "k":
            return "known", _whole(value)
        case "quantity":
            return name, _among(value, QUANTITIES)
        case "layers":
            return name, tuple(_among(one, LAYERS) for one in value.split(",")) if value else ()
        case "dispatch":
            return name, _among(value, DISPATCHES)
        case "days":
            return name, int(_among(value, tuple(map(str, DAYS))))
        case _ if name in LEVERS and LEVERS[name].holds(_whole(value)):
            return name, _whole(value)
        case _ if name in PLACES:
            return name, value or None
    raise ValueError(name)


def _among(value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError(value)
    return value


def _whole(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) <= 18):
        raise ValueError(value)
    return int(value)
