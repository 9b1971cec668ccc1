"""The checks of a handover's quality control, as a list of rules over the sheets of a register."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

import polars as pl

from bim.give.cobie.template import (
    DATES,
    KEYS,
    NONE,
    NUMBERS,
    OPTIONAL_REFERENCES,
    REFERENCES,
    REQUIRED,
    ROW_REFERENCES,
    SHEETS,
    WORDS,
    Row,
    Sheets,
    fits,
)

SCHEMA = pl.Schema(
    {
        "rule": pl.String,
        "severity": pl.String,
        "sheet": pl.String,
        "row": pl.String,
        "column": pl.String,
        "value": pl.String,
        "reason_zh": pl.String,
        "reason_en": pl.String,
    }
)
"""One row a finding; `severity` error (a handover is sent back) or advice; `row` is the row's first key."""

EMAIL = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+")

Finding = tuple[str, str, str, str, str, str, str, str]


def findings(sheets: Sheets) -> pl.DataFrame:
    """What a handover's quality control would send back (columns `SCHEMA`); no errors: it is accepted."""
    found = [one for rule in RULES for one in rule(sheets)]
    return pl.DataFrame(found, schema=SCHEMA, orient="row")


def _columns(sheets: Sheets) -> Iterator[Finding]:
    for sheet, columns in SHEETS.items():
        if sheet not in sheets:
            yield _error("sheets", sheet, "", "", "", "缺少工作表", "the sheet is missing")
        elif rows := sheets[sheet]:
            for column in (name for name in columns if name not in rows[0]):
                yield _error("sheets", sheet, "", column, "", "缺少欄位", "the column is missing")


def _keys(sheets: Sheets) -> Iterator[Finding]:
    for sheet, columns in KEYS.items():
        rows = sheets.get(sheet, [])
        counted = Counter(_key(row, columns) for row in rows)
        for key, count in counted.items():
            if count > 1:
                told = ", ".join(key)
                yield _error("keys", sheet, key[0], columns[0], told, f"重複 {count} 次", f"{count} rows have this key")


def _references(sheets: Sheets) -> Iterator[Finding]:
    names = {sheet: {row.get(KEYS[sheet][0], "") for row in sheets.get(sheet, [])} for sheet in KEYS}
    for sheet, columns in REFERENCES.items():
        for row in sheets.get(sheet, []):
            for column, target in columns.items():
                yield from _resolved(sheet, row, column, target, names)
    for sheet, pairs in ROW_REFERENCES.items():
        for row in sheets.get(sheet, []):
            for told_by, column in pairs:
                yield from _resolved(sheet, row, column, row.get(told_by, ""), names)


def _resolved(sheet: str, row: Row, column: str, target: str, names: dict[str, set[str]]) -> Iterator[Finding]:
    value = row.get(column, "")
    is_none = value in ("", NONE)
    if is_none and (sheet, column) in OPTIONAL_REFERENCES:
        return
    there = names.get(target, set())
    is_none = is_none and value not in there
    lost = [] if value in there else [one for one in (part.strip() for part in value.split(",")) if one not in there]
    if is_none or lost:
        told = value if is_none else ", ".join(lost)
        yield _error(
            "references", sheet, _name(sheet, row), column, told, f"{target} 中沒有此列", f"no such row in {target}"
        )


def _required(sheets: Sheets) -> Iterator[Finding]:
    for sheet, columns in REQUIRED.items():
        for row in sheets.get(sheet, []):
            for column in columns:
                if row.get(column, "") == "":
                    yield _error(
                        "required", sheet, _name(sheet, row), column, "", "必填欄位空白", "required, and empty"
                    )
                elif row[column] == NONE and column not in REFERENCES.get(sheet, {}):
                    yield _advice(
                        "required", sheet, _name(sheet, row), column, NONE, "模型未提供", "the model does not tell"
                    )


def _values(sheets: Sheets) -> Iterator[Finding]:
    for sheet, rows in sheets.items():
        for row in rows:
            for column, value in row.items():
                if value in ("", NONE):
                    continue
                name = _name(sheet, row)
                if column in DATES and not fits(column, value):
                    yield _error("dates", sheet, name, column, value, "不是 ISO 8601 日期", "no ISO 8601 date")
                if column in NUMBERS and not fits(column, value):
                    yield _error("numbers", sheet, name, column, value, "不是數字", "no number")
                if (words := WORDS.get((sheet, column))) and value not in words:
                    yield _error("words", sheet, name, column, value, "不在選單內", f"not one of {', '.join(words)}")


def _emails(sheets: Sheets) -> Iterator[Finding]:
    for row in sheets.get("Contact", []):
        if not EMAIL.fullmatch(email := row.get("Email", "")):
            yield _advice("emails", "Contact", email, "Email", email, "不是電子郵件地址", "no e-mail address")


def _one_facility(sheets: Sheets) -> Iterator[Finding]:
    if (count := len(sheets.get("Facility", []))) != 1:
        zh, en = f"{count} 個設施，一份清冊應只有一個", f"{count} facilities; a register is of one"
        yield _error("facility", "Facility", "", "Name", str(count), zh, en)


def _belonging(sheets: Sheets) -> Iterator[Finding]:
    """Each type has a component; each space is in a zone, each component in a system (advice)."""
    asked = (
        ("Type", "Component", "TypeName"),
        ("Space", "Zone", "SpaceNames"),
        ("Component", "System", "ComponentNames"),
    )
    for sheet, other, column in asked:
        used = {name.strip() for row in sheets.get(other, []) for name in (row[column], *row[column].split(","))}
        for row in sheets.get(sheet, []):
            if row["Name"] not in used:
                yield _advice(
                    "belonging", sheet, row["Name"], "Name", row["Name"], f"不屬於任何 {other}", f"in no {other}"
                )


RULES: tuple[Callable[[Sheets], Iterator[Finding]], ...] = (
    _columns, _one_facility, _keys, _references, _required, _values, _emails, _belonging,
)  # fmt: skip
"""Every rule, in the order in which findings are told."""


def _key(row: Row, columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(row.get(column, "") for column in columns)


def _name(sheet: str, row: Row) -> str:
    return row.get(KEYS[sheet][0], "") if sheet in KEYS else row.get("Name", "")


def _error(rule: str, sheet: str, row: str, column: str, value: str, zh: str, en: str) -> Finding:
    return (rule, "error", sheet, row, column, value, zh, en)


def _advice(rule: str, sheet: str, row: str, column: str, value: str, zh: str, en: str) -> Finding:
    return (rule, "advice", sheet, row, column, value, zh, en)
