"""A sensor type that is declared, not programmed: a TOML file says where in a message what stands, and in which unit.

name = "noise"                 its name on the command line; points are `noise:<sensor>:<quantity>`
topic = "lab.noise"            default `city.<name>`
format = "json"                json, csv, or a format there is (senml, gtfs-rt …), which then needs no [[value]]
rows = "data.items"            json: where the rows stand; default: the message is one row, or an array of them
sensor = "device.id"           where the sensor's name stands (json: a path; csv: a column)
time = "at"                    where the time stands; default: the arrival
time_format = "iso"            iso, epoch_s, epoch_ms, or a strptime pattern such as "%d.%m.%Y %H:%M"
timezone = "Asia/Taipei"       of times that name no zone
timetable = "gtfs.zip"         format gtfs-rt: a timetable beside the file

[[value]]
path = "levels.laeq"           json: a path (`events.feeds.json_path`); csv: a column
quantity = "laeq"
unit = "dB"                    a SenML unit, or "state": the text itself is observed
lowest = 20                    values below and above are faults; default: none are
highest = 140
factor = 1.0                   brings the written number to the unit
missing = ["", "-", -99]       what stands for no value; default: "" and null

[position]                     or [arrival], [dock], [station]: `events.feeds.declared_types.families`
longitude = "gps.lon"          a path, or { path = "v", factor = 0.2778, missing = [""] }
latitude = "gps.lat"

[[pass_over]]                  rows that tell nothing, and are neither counted nor refused (LoRaWAN's joins, status)
path = "event"
is = ["join", "status"]        or `present = true`, `present = false`: whether anything stands at the path
"""

from __future__ import annotations

import math
import re
import tomllib
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from events.clock import TAIPEI
from events.errors import DeclarationError
from events.feeds.declared_types.families import ASKED, FAMILIES, Column, Mapped, entity_columns
from events.feeds.json_path import path_of
from events.feeds.json_texts import text_of_value
from events.feeds.units.written import unit_of

OWN = ("json", "csv")
"""Formats that a declaration maps itself."""

ISO, EPOCH_S, EPOCH_MS = "iso", "epoch_s", "epoch_ms"
STATE = "state"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
_KEYS = (
    "name", "topic", "format", "rows", "sensor", "time", "time_format", "timezone", "timetable", "value", "description",
    "pass_over", *FAMILIES,
)  # fmt: skip
_VALUE_KEYS = ("path", "quantity", "unit", "lowest", "highest", "factor", "missing")


@dataclass(frozen=True)
class Value:
    """One observed quantity: where it stands, its SenML unit (None: a state), its range and factor."""

    path: str
    quantity: str
    unit: str | None
    lowest: float = -math.inf
    highest: float = math.inf
    factor: float = 1.0
    missing: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class PassOver:
    """Rows that tell nothing: those with one of these texts at the path, or with anything there, or with nothing."""

    path: str
    texts: tuple[str, ...] = ()
    present: bool | None = None


@dataclass(frozen=True)
class Declaration:
    """A declared sensor type; the names are those of the file."""

    name: str
    topic: str
    format: str
    rows: str = ""
    sensor: str = ""
    time: str = ""
    time_format: str = ISO
    timezone: str = TAIPEI.key
    timetable: str = ""
    values: tuple[Value, ...] = ()
    families: tuple[Mapped, ...] = ()
    passed: tuple[PassOver, ...] = ()


def declaration_of(text: str, where: str, formats: Mapping[str, Any]) -> Declaration:
    """The declaration in a TOML text; DeclarationError names the file (`where`), key, value and what is allowed."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DeclarationError(f"{where}: no TOML: {error}") from error
    read = _Table(where, table)
    read.only(_KEYS)
    name, form = read.text("name"), read.text("format")
    read.check("name", bool(_NAME.fullmatch(name)), "small letters, digits and dashes")
    read.check("format", form in OWN or form in formats, f"one of {', '.join((*OWN, *formats))}")
    topic = read.text("topic", f"city.{name}")
    read.check("topic", bool(_TOPIC.fullmatch(topic)), "letters, digits, dots, dashes and underscores")
    timetable = read.text("timetable", "")
    read.check("timetable", not timetable or form == "gtfs-rt", "a timetable only where format is gtfs-rt")
    if form not in OWN:
        for key in ("rows", "sensor", "time", "time_format", "timezone", "value", "pass_over", *FAMILIES):
            read.check(key, key not in table, f"nothing: format {form} says itself where things stand")
        return Declaration(name, topic, form, timetable=timetable)
    return _mapped(read, Declaration(name, topic, form))


def _mapped(read: _Table, head: Declaration) -> Declaration:
    families = tuple(_family(read, key, head.format) for key in FAMILIES if key in read.table)
    only_arrivals = bool(families) and "value" not in read.table and all(m.table == "arrival" for m in families)
    rows, time = read.text("rows", ""), read.text("time", "")
    sensor = read.text("sensor", "" if only_arrivals else None)
    read.check("rows", not rows or head.format == "json", "rows only where format is json")
    for key, path in (("rows", rows), ("sensor", sensor), ("time", time)):
        if path or key != "sensor":
            read.path(key, path, head.format)
    time_format, zone = read.text("time_format", ISO), read.text("timezone", TAIPEI.key)
    read.check("time_format", _is_time_format(time_format), f"{ISO}, {EPOCH_S}, {EPOCH_MS} or a pattern with %")
    read.check("timezone", zone in zoneinfo.available_timezones(), "an IANA time zone such as Asia/Taipei")
    tables = read.tables("value")
    read.check("value", bool(tables) or bool(families), "one [[value]] table a quantity")
    values = tuple(_value(_Table(f"{read.where}: value {at}", v), head.format) for at, v in enumerate(tables, start=1))
    names = [v.quantity for v in values]
    read.check("value", len(set(names)) == len(names), f"every quantity once; there are {', '.join(names)}")
    passed = tuple(
        _pass_over(_Table(f"{read.where}: pass_over {at}", v), head.format)
        for at, v in enumerate(read.tables("pass_over"), start=1)
    )
    return Declaration(
        head.name, head.topic, head.format, rows, sensor, time, time_format, zone, "", values, families, passed
    )


def _family(read: _Table, key: str, form: str) -> Mapped:
    told = read.table[key]
    read.check(key, isinstance(told, dict), f"one table [{key}]")
    own = _Table(f"{read.where}: {key}", told)
    own.only((*entity_columns(key), *FAMILIES[key].values))
    columns = {name: _column(own, name, form) for name in told}
    asked = ASKED[key]
    own.check(key, any(set(group) <= set(columns) for group in asked), " or ".join(" and ".join(g) for g in asked))
    return Mapped(key, columns)


def _column(read: _Table, name: str, form: str) -> Column:
    told = read.table[name]
    own = _Table(f"{read.where}: {name}", told if isinstance(told, dict) else {"path": told})
    own.only(("path", "factor", "missing"))
    path, factor = own.text("path"), own.number("factor", 1.0)
    own.path("path", path, form)
    own.check("factor", factor != 0, "any number but 0")
    return Column(path, factor, own.texts("missing", ("",)))


def _pass_over(read: _Table, form: str) -> PassOver:
    read.only(("path", "is", "present"))
    path, present = read.text("path"), read.table.get("present")
    read.path("path", path, form)
    read.check("present", present is None or isinstance(present, bool), "true or false")
    read.check("is", ("is" in read.table) != (present is not None), "a list of texts here, or present = true or false")
    return PassOver(path, read.texts("is", ()), present)


def _value(read: _Table, form: str) -> Value:
    read.only(_VALUE_KEYS)
    path, quantity, unit = read.text("path"), read.text("quantity"), read.text("unit")
    read.path("path", path, form)
    read.check("quantity", bool(re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", quantity)), "letters, digits, _, - and dots")
    known = (None, 1.0) if unit == STATE else unit_of(unit)
    read.check("unit", known is not None, "a SenML unit (kWh, Cel, dB …) or state")
    senml, scale = known or (None, 1.0)
    low, high = read.number("lowest", -math.inf), read.number("highest", math.inf)
    read.check("lowest", low <= high, f"not above highest, which is {high:g}")
    factor = read.number("factor", 1.0)
    read.check("factor", factor != 0, "any number but 0")
    missing = read.texts("missing", ("",))
    return Value(path, quantity, senml, low * scale, high * scale, factor * scale, missing)


def _is_time_format(text: str) -> bool:
    if text in (ISO, EPOCH_S, EPOCH_MS):
        return True
    moment = datetime(2026, 8, 20, 11, 41, tzinfo=UTC)
    try:
        return "%" in text and datetime.strptime(moment.strftime(text), text).replace(tzinfo=UTC) <= moment
    except ValueError:
        return False


@dataclass(frozen=True)
class _Table:
    """A TOML table that can say what is wrong with it."""

    where: str
    table: Mapping[str, Any]

    def only(self, known: tuple[str, ...]) -> None:
        for key in self.table:
            if key not in known:
                raise DeclarationError(f"{self.where}: key {key!r} is not known; there are {', '.join(known)}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.table.get(key, default)
        if not isinstance(value, str):
            said = "is missing" if value is None else f"is {value!r:.60}"
            raise DeclarationError(f"{self.where}: {key} {said}; a text is asked")
        return value

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        listed = self.table.get(key, [])
        good = isinstance(listed, list) and all(isinstance(v, dict) for v in listed)
        self.check(key, good, f"tables [[{key}]]")
        return list(listed)

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        listed = self.table.get(key, list(default))
        scalars = isinstance(listed, list) and all(isinstance(m, str | int | float) for m in listed)
        self.check(key, scalars, "a list of texts and numbers")
        return tuple(text_of_value(m) for m in listed)

    def number(self, key: str, default: float) -> float:
        value = self.table.get(key, default)
        number = type(value) in (int, float) and not math.isnan(value)
        self.check(key, number, "a number")
        return float(value)

    def check(self, key: str, good: bool, allowed: str) -> None:  # noqa: FBT001
        if not good:
            raise DeclarationError(f"{self.where}: {key} is {self.table.get(key)!r:.60}; allowed: {allowed}")

    def path(self, key: str, text: str, form: str) -> None:
        if form == "csv" or (not text and key in ("rows", "time")):
            return
        try:
            steps = path_of(text.removeprefix("$.") if key != "rows" else text)
        except ValueError as error:
            raise DeclarationError(f"{self.where}: {key} is {error}") from None
        self.check(key, key != "rows" or all(s.name and s.equal is None for s in steps), "names with dots between them")
