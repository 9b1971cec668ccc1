"""The pages in a real browser: maps are drawn, nothing leaves the machine, time and language change what is read."""

from __future__ import annotations

import io
import re
import shutil
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from events.ids import SourceId
from events.ingest import Ingester
from tests.views.conftest import END, serving
from twin.place import Place
from views.demo.places import Station
from views.demo.size import Window
from views.demo.traffic import docks, station_facts

MAP = '[data-testid="stDeckGlJsonChart"] canvas'
WAIT_MS = 45_000
DRAWN_COLOURS = 50
"""Distinct colours of a drawn map; a blank one has fewer than ten (views notes, section 7)."""


def _open(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector(MAP, timeout=WAIT_MS)


def _colours(page: Page) -> int:
    """Distinct colours of the map's picture."""
    picture = Image.open(io.BytesIO(page.locator(MAP).first.screenshot())).convert("RGB")
    return len(picture.getcolors(maxcolors=2**24) or [])


def _until_drawn(page: Page) -> None:
    for _ in range(40):
        if _colours(page) > DRAWN_COLOURS:
            return
        page.wait_for_timeout(500)
    pytest.fail(f"the map of {page.url} stayed blank")


def _figures(page: Page) -> list[str]:
    """All headline figures: one of them may be the same at two instants, not all."""
    return page.locator('[data-testid="stMetric"]').all_inner_texts()


def test_a_deep_link_is_drawn_on_a_server_nobody_has_visited(page: Page, small_city: Path) -> None:
    with serving(small_city) as address:
        _open(page, address + "/building")
        _until_drawn(page)


@pytest.mark.parametrize("path", ["/", "/building"])
def test_the_map_is_drawn(page: Page, app: str, path: str) -> None:
    _open(page, app + path)
    _until_drawn(page)


def test_a_key_on_the_slider_takes_the_city_back_and_into_the_address(page: Page, app: str) -> None:
    _open(page, app)
    live = _figures(page)
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("Home")  # one key: of several, a slow server draws the page anew in between
    page.wait_for_url(re.compile(r"t=2026-11-1\d"), timeout=WAIT_MS)
    expect(page.locator(".twin-mode").first).to_contain_text("重播", timeout=WAIT_MS)
    for _ in range(WAIT_MS // 500):
        if _figures(page) != live:
            break
        page.wait_for_timeout(500)
    assert _figures(page) != live


def test_the_language_switch_turns_the_page(page: Page, app: str) -> None:
    _open(page, app)
    page.get_by_text("English", exact=True).click()
    expect(page.locator("h1")).to_have_text("Taipei Twin", timeout=WAIT_MS)
    expect(page.locator('[data-testid="stMetric"]', has_text="Social homes")).to_be_visible(timeout=WAIT_MS)
    page.wait_for_url(re.compile("lang=en"), timeout=WAIT_MS)


def test_a_click_on_a_dwelling_shows_its_readings(page: Page, app: str) -> None:
    _open(page, app + "/building")
    _until_drawn(page)
    box = page.locator(MAP).first.bounding_box()
    assert box is not None
    for across, down in ((0.5, 0.55), (0.55, 0.45), (0.45, 0.6), (0.5, 0.7)):
        page.mouse.click(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
        page.wait_for_timeout(2500)
        if "dwelling=" in page.url:
            break
    assert "dwelling=" in page.url
    expect(page.locator('[data-testid="stMetric"]', has_text="瓦斯")).to_be_visible(timeout=WAIT_MS)
    expect(page.locator('[data-testid="stVegaLiteChart"]').first).to_be_visible(timeout=WAIT_MS)


def test_what_if_shows_scenario_beside_baseline(page: Page, app: str) -> None:
    page.goto(app + "/what-if")
    expect(page.locator(".twin-kpis")).to_contain_text("市電購入量", timeout=WAIT_MS)
    expect(page.locator('[data-testid="stVegaLiteChart"]').first).to_be_visible(timeout=WAIT_MS)


def test_going_to_another_page_keeps_the_instant(page: Page, app: str) -> None:
    _open(page, f"{app}/?t=2026-11-20T06:00:00Z")
    page.get_by_role("link", name="建物").click()
    page.wait_for_url(re.compile(r"/building\?.*t=2026-11-20T06"), timeout=WAIT_MS)
    expect(page.locator(".twin-time").first).to_have_text("2026-11-20 14:00", timeout=WAIT_MS)


def test_from_a_site_of_the_city_to_its_building(page: Page, app: str) -> None:
    _open(page, f"{app}/?community=84e67c87923337da")
    page.get_by_role("button", name="檢視建物").click()
    page.wait_for_url(re.compile(r"/building\?.*community=84e67c87923337da"), timeout=WAIT_MS)
    expect(page.locator('[data-testid="stMetric"]', has_text="住戶合計")).to_be_visible(timeout=WAIT_MS)


def test_a_number_follows_the_log_while_another_process_writes(page: Page, small_city: Path, tmp_path: Path) -> None:
    city = Path(shutil.copytree(small_city, tmp_path / "city"))
    with serving(city) as address, Place(city).log() as log:
        _open(page, address)
        before = page.locator('[data-testid="stMetric"]', has_text="可借自行車")
        expect(before).to_contain_text("12 站", timeout=WAIT_MS)
        Ingester(log).append_frames(SourceId("test:bikes"), _another_station())
        expect(before).to_contain_text("13 站", timeout=WAIT_MS)
        expect(page.locator(".twin-time").first).to_have_text("2026-11-20 21:05", timeout=WAIT_MS)


def _another_station() -> dict[str, pl.DataFrame]:
    """A station that the city did not know, reporting five minutes after everything else."""
    station = Station("live-1", "新站", "New station", "大安區", 121.54, 25.03, 20, 1.0)
    late = Window(END - timedelta(minutes=5), END + timedelta(minutes=5))
    return {"stations": station_facts([station], END), "docks": docks([station], late)}
