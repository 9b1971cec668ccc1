"""Both languages are complete, and no word is asked for that is not there."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from views import i18n

ASKED = re.compile(r"\b(?:say|text)\((?:self\.|state\.)?(?:language, )?[\"'](\w+)[\"']")
VIEWS = Path(i18n.__file__).parent
WORDS = i18n.words()


@pytest.mark.parametrize("key", WORDS)
def test_every_word_is_there_in_both_languages_with_the_same_places(key: str) -> None:
    chinese, english = WORDS[key]
    assert chinese.strip()
    assert english.strip()
    assert _places(chinese) == _places(english)


def test_every_word_that_the_pages_ask_for_exists() -> None:
    asked = {
        key
        for path in VIEWS.rglob("*.py")
        for key in re.findall(
            r"\b(?:say|text)\((?:self\.|state\.)?(?:language, )?[\"'](\w+)[\"']", path.read_text("utf-8")
        )
    }
    assert asked
    assert asked <= WORDS.keys()


def test_every_word_is_used() -> None:
    source = "".join(p.read_text("utf-8") for p in VIEWS.rglob("*.py") if p.name != "i18n.py")
    kinds = {k for k in WORDS if k.startswith(("kind_", "status_", "ago_", "layer_", "bikes_", "live_now", "unknown"))}
    unused = {k for k in WORDS.keys() - kinds if f'"{k}"' not in source and f"'{k}'" not in source}
    assert not unused


def test_chinese_words_are_written_in_traditional_characters() -> None:
    simplified = set("数电气区层户实时间样备读选态设备图标点显测线页况开关体积载览择从为这还")
    assert not {c for chinese, _ in WORDS.values() for c in chinese} & simplified


def test_an_unknown_status_is_shown_as_the_city_writes_it() -> None:
    assert i18n.status("en", "暫停") == "暫停"
    assert i18n.status("en", "已完工") == "Completed"


def _places(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}
