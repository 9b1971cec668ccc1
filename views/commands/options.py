"""Options that every command shares, and how its answer is shown."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from events.clock import parse_time
from events.errors import UsageError

City = Annotated[
    Path,
    typer.Option(
        "--city", envvar="TWIN_CITY", metavar="DIR", help="The city's directory 城市資料夾.", show_default=True
    ),
]
Known = Annotated[
    str | None,
    typer.Option("--known", metavar="POSITION|TIME", help="As known at a log position or record time 已知時點."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]

REFUSED = 1
"""Exit code when some input was refused or quarantined."""

_POSITION_DIGITS = 18


def tell(text: str) -> None:
    """Say something of the work under way, or its failure: one line on standard error."""
    print(text, file=sys.stderr)


def show(answer: dict[str, Any] | list[Any], *, as_json: bool) -> None:
    """Print an answer: one JSON document, or lines for a person."""
    if as_json:
        sys.stdout.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode() + "\n")
        return
    for row in answer if isinstance(answer, list) else [answer]:
        _lines(row)


def instant(text: str | None) -> datetime | None:
    """A TIME given on the command line; a naive one is refused as wrong usage."""
    return None if text is None else parse_time(text)


def known_word(text: str | None, head: int) -> int | datetime | None:
    """`--known`: digits are a position of a log that ends at `head`, anything else a record time.

    UsageError for a position that the log does not have: an answer as known then cannot be given yet.
    """
    if text is None:
        return None
    digits = text.removeprefix("-")
    if digits.isdecimal() and len(digits) > _POSITION_DIGITS:
        raise UsageError(f"--known {text[:_POSITION_DIGITS]}…: no log has a position of {len(digits)} digits")
    if not digits.isdecimal():
        return parse_time(text)
    if not 0 <= int(text) <= head:
        raise UsageError(f"--known {text}: the log has positions 0 to {head}; leave --known out for all of it")
    return int(text)


def named_files(arguments: list[str]) -> list[tuple[str, Path]]:
    """`FORMAT:PATH` words as pairs."""
    pairs = [word.partition(":") for word in arguments]
    for word, (form, colon, path) in zip(arguments, pairs, strict=True):
        if not (form and colon and path):
            raise UsageError(f"{word!r} is not FORMAT:PATH; write for example youbike:youbike_immediate.json")
    return [(form, Path(path)) for form, _, path in pairs]


def _lines(row: dict[str, Any]) -> None:
    for key, value in row.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            print(f"{key}:")
            for item in value:
                print("  " + "  ".join(f"{k}={v}" for k, v in item.items() if v is not None))
        elif isinstance(value, dict):
            print(f"{key}: " + "  ".join(f"{k}={v}" for k, v in value.items()))
        else:
            print(f"{key}: {'—' if value is None else value}")
