"""Debian's Chromium under Playwright, with software WebGL, and no way out of this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.parts.required import need

# What draws deck.gl's WebGL2 without a graphics card, and keeps Chromium from calling home.
FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--hide-scrollbars",
)


def leaves_the_machine(url: str) -> bool:
    """Whether a request to `url` would go anywhere but to this machine's loopback."""
    parts = urlsplit(url)
    return parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in {"127.0.0.1", "localhost"}


# For a module, not the session: while Playwright's loop runs, no other test of the thread may start one of its own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for the tests of a module."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    path = need(found, "Chromium", "apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, headless=True, args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile, 1280 × 800, Taiwan's language; the test fails if a page asks for anything elsewhere."""
    strangers: list[str] = []
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-TW", timezone_id="Asia/Taipei")
    context.route(leaves_the_machine, lambda route: route.abort())
    context.on("request", lambda request: strangers.append(request.url))
    context.on("page", lambda page: page.on("websocket", lambda socket: strangers.append(socket.url)))
    yield context
    context.close()
    outside = sorted({url for url in strangers if leaves_the_machine(url)})
    assert not outside, f"the page asked for what is not on this machine: {outside}"


@pytest.fixture
def page(browser: BrowserContext) -> Page:
    """An empty page of that browser."""
    return browser.new_page()
