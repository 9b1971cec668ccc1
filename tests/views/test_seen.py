"""What is seen and heard of the pages in a real browser: nothing cut off, everything named, links that tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.views.test_browser import MAP, WAIT_MS

NARROW, WIDE = (1024, 768), (1440, 900)
CUT_OFF = """() => [...document.querySelectorAll('[data-testid="stMetricValue"], [data-testid="stMetricValue"] *')]
    .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflow !== 'visible')
    .map(e => e.innerText)"""
CONTRAST = """button => {
  const light = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const word = [...button.querySelectorAll('p')].pop();
  const both = [light(getComputedStyle(word).color), light(getComputedStyle(button).backgroundColor)].sort();
  return (both[1] + 0.05) / (both[0] + 0.05);
}"""


@pytest.fixture(scope="module")
def seen(chromium: Browser, app: str) -> Iterator[Page]:
    """One page for the tests of this module, so that each costs one drawing."""
    context = chromium.new_context(locale="zh-TW", timezone_id="Asia/Taipei", viewport={"width": 1024, "height": 768})
    yield context.new_page()
    context.close()


def opened(page: Page, address: str, shows: str = '[data-testid="stMetric"]') -> None:
    page.goto(address)
    page.wait_for_selector(shows, timeout=WAIT_MS)


@pytest.mark.parametrize(("width", "height"), [NARROW, WIDE])
def test_no_number_loses_its_unit_and_the_head_is_one_line(seen: Page, app: str, width: int, height: int) -> None:
    seen.set_viewport_size({"width": width, "height": height})
    opened(seen, app)
    expect(seen.locator('[data-testid="stMetric"]')).to_have_count(6, timeout=WAIT_MS)
    assert seen.evaluate(CUT_OFF) == []
    head, language = seen.locator(".twin-head").bounding_box(), seen.locator(".st-key-language").bounding_box()
    assert head is not None and language is not None
    assert head["height"] < 48
    assert language["y"] < head["y"] + head["height"] and language["x"] + language["width"] <= width


def test_who_hears_the_page_is_told_its_language_and_a_name_of_each_button(seen: Page, app: str) -> None:
    opened(seen, app)
    expect(seen.locator("html")).to_have_attribute("lang", "zh-Hant-TW", timeout=WAIT_MS)
    for name in ("倒退 15 分鐘", "前進 15 分鐘", "播放", "為什麼 · 社宅戶數", "為什麼 · 瓦斯"):
        expect(seen.get_by_role("button", name=name, exact=True)).to_have_count(1, timeout=WAIT_MS)
    why = seen.get_by_role("button", name=re.compile("^為什麼 · "))  # those that can be reached: each has a hidden twin
    expect(why).to_have_count(6, timeout=WAIT_MS)
    assert len(set(why.evaluate_all("all => all.map(e => e.ariaLabel)"))) == 6
    assert seen.get_by_role("button", name=re.compile("skip_|play_arrow")).count() == 0
    seen.get_by_text("English", exact=True).click()
    expect(seen.get_by_role("button", name="Why · Gas", exact=True)).to_have_count(1, timeout=WAIT_MS)
    expect(seen.locator("html")).to_have_attribute("lang", "en", timeout=WAIT_MS)


def test_what_is_chosen_by_key_is_seen_and_the_live_button_can_be_read(seen: Page, app: str) -> None:
    opened(seen, app)
    live = seen.locator(".st-key-go_live button").first
    assert live.evaluate(CONTRAST) >= 4.5
    seen.locator(".st-key-play button").first.focus()
    seen.keyboard.press("Tab")
    outline = seen.evaluate("getComputedStyle(document.activeElement).outlineStyle + document.activeElement.tagName")
    assert outline == "solidBUTTON"


def test_a_tooltip_is_text(seen: Page, app: str) -> None:
    opened(seen, f"{app}/building", MAP)
    box = seen.locator(MAP).first.bounding_box()
    assert box is not None
    told = ""
    for step in range(40):
        seen.mouse.move(box["x"] + box["width"] * (0.35 + 0.01 * step), box["y"] + box["height"] * 0.55)
        seen.wait_for_timeout(250)
        told = seen.evaluate("document.querySelector('.deck-tooltip')?.innerText || ''")
        if "kWh" in told:
            break
    assert "kWh" in told
    assert "<" not in told and len(told.splitlines()) >= 2


def test_a_link_of_the_what_if_page_keeps_its_levers_and_says_what_it_names_in_vain(seen: Page, app: str) -> None:
    opened(seen, f"{app}/what-if?kwp=200&kwh=5&community=nowhere", ".twin-kpis")
    expect(seen.locator(".st-key-pv_kwp").first).to_contain_text("200", timeout=WAIT_MS)
    notes = seen.locator(".twin-note-warning")
    expect(notes).to_have_count(2, timeout=WAIT_MS)
    assert {"nowhere", "5"} <= set(re.findall("「(.*?)」", " ".join(notes.all_inner_texts())))
    seen.wait_for_url(re.compile(r"kwp=200"), timeout=WAIT_MS)
    assert "nowhere" not in seen.url
    table, chart = (
        seen.locator(".twin-kpis").bounding_box(),
        seen.locator('.st-key-answer_body [data-testid="stVegaLiteChart"]').first.bounding_box(),
    )
    assert table is not None and chart is not None
    beside = table["x"] + table["width"] <= chart["x"] or table["y"] + table["height"] <= chart["y"]
    assert beside, "the table lies over the chart"


def test_a_page_that_does_not_exist_is_told(seen: Page, app: str) -> None:
    opened(seen, f"{app}/nowhere")
    expect(seen.locator(".twin-note-warning")).to_contain_text("nowhere", timeout=WAIT_MS)
