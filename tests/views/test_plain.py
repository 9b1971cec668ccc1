"""Text of a source is text: markup, Markdown and formulas in it reach a page, a document, a table as they are."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from replay.export import Provenance, as_text, write
from views import coverage, plain
from views.layers.deck import TOOLTIP, told
from views.screens.cut_note import rows
from views.screens.legend import swatches

HARMLESS = ("<b>bold</b>", "<img src=x>", "**bold**", "[a](b)", "![a](b)", "1. one", "- one", "# head", "> quoted")
FORMULAS = ("=1+1", "+1", "-1+1", "@a", "\t=1", "\r=1")
TEXTS = st.one_of(
    st.text(st.sampled_from("<>&\"'*_[]()!#|`~-+=@$\\ .1ab\n"), max_size=24),
    st.sampled_from((*HARMLESS, *FORMULAS)),
    st.text(max_size=24),
).filter(lambda text: text.isprintable())


class Read(HTMLParser):
    """What a browser makes of HTML: its text and its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.elements = "", list[str]()
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)


SHOWN: tuple[Callable[[str], str], ...] = (
    lambda text: rows({text: text}),
    lambda text: swatches(text, [(text, (1, 2, 3))]),
    lambda text: plain.note("info", text),
    plain.small,
)


@given(TEXTS)
def test_markup_in_a_text_makes_no_element_of_a_page(text: str) -> None:
    for shown in SHOWN:
        assert Read(shown(text)).elements == Read(shown("x")).elements
        assert text in Read(shown(text)).text


@given(TEXTS)
@example("1. one")
@example("a_b_c _d_")
def test_markdown_in_a_text_is_shown_as_it_was_written(text: str) -> None:
    for line, elements in ((f"- {plain.markdown(text)}", ["ul", "li"]), (f"# {plain.markdown(text)}", ["h1"])):
        read = Read(MarkdownIt("commonmark").enable("table").enable("strikethrough").render(line))
        assert read.elements == elements
        assert read.text.replace("\u2060", "").split() == text.split()


def _document(text: str) -> str:
    report = {"geometry": [{"ifc_class": text, "wanted": 1, "got": 0, "missing": [text]}], "incidents": [text]}
    asked = ["specification", "requirement", "applicable", "passed", "failed"]
    checks = pl.DataFrame([(text, text, 1, 1, 0)], schema=asked, orient="row")
    return coverage.document(text, {text: text}, report, checks)


@given(TEXTS.filter(str.strip))
def test_no_name_of_a_model_adds_to_the_document_that_is_forwarded(text: str) -> None:
    read, usual = (Read(MarkdownIt("commonmark").enable("table").render(_document(word))) for word in (text, "x"))
    assert read.elements == usual.elements


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_a_tooltip_is_its_lines_and_the_template_alone_has_markup(lines: list[str]) -> None:
    shown = TOOLTIP["html"].replace("{tip}", plain.markup(told(*lines)))  # type: ignore[attr-defined]
    assert Read(shown).elements == ["div"]
    assert Read(shown).text.split() == " ".join(lines).split()


@given(st.lists(st.one_of(st.none(), TEXTS, st.sampled_from(FORMULAS)), min_size=1))
def test_no_cell_of_a_csv_is_a_formula_and_nothing_of_it_is_lost(texts: list[str | None]) -> None:
    frame = pl.DataFrame({"name": texts}, schema={"name": pl.String})
    cells = frame.select(as_text("name"))["name"].to_list()
    assert not any(cell and cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert [
        c if c is None or not c.startswith("'") or t == c else c[1:] for c, t in zip(cells, texts, strict=True)
    ] == texts


@pytest.mark.parametrize("text", FORMULAS)
def test_an_export_holds_a_formula_as_text(text: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({"station_id": ["1"], "name": [text], "value": [-1.5]})
    told_by = Provenance("Taipei", "stations", datetime(2026, 1, 1, tzinfo=UTC), 1, None)
    write(frame, tmp_path / "a.csv", told_by)
    write(frame, tmp_path / "a.parquet", told_by)
    row = next(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_bytes().decode(), newline="")))
    assert (row["name"], row["value"]) == (f"'{text}", "-1.5"), "a number is no text"
    assert pl.read_parquet(tmp_path / "a.parquet")["name"].to_list() == [text], "what has types needs no apostrophe"


@given(TEXTS)
def test_a_text_in_a_command_to_copy_is_one_word(text: str) -> None:
    assert shlex.split(f"twin why {plain.typed(text)} value") == ["twin", "why", plain.line(text), "value"]
