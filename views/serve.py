"""How the app's server is started: loopback only, no telemetry, no file watching."""

from __future__ import annotations

import sys
from pathlib import Path

from views import theme

APP = Path(__file__).parent / "app.py"

OPTIONS = {
    "server.address": "127.0.0.1",
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.showEmailPrompt": "false",
    "server.maxUploadSize": "1",
    "browser.serverAddress": "localhost",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "theme.base": "dark",
    "theme.primaryColor": theme.css(theme.ACCENT),
    "theme.backgroundColor": theme.css(theme.GROUND),
    "theme.secondaryBackgroundColor": theme.css(theme.PANEL),
    "theme.textColor": theme.css(theme.TEXT),
    "theme.borderColor": theme.css(theme.LINE),
    "theme.baseRadius": "0.6rem",
    "theme.font": theme.FONT,
    "theme.headingFont": theme.FONT,
}
"""Streamlit's options; the pages rely on the dark base, and take no files (megabytes that an upload may have)."""


def command(city: Path, port: int, address: str = "127.0.0.1") -> tuple[list[str], dict[str, str]]:
    """The command that serves the app on `address`:`port`, and what to add to its environment."""
    told = OPTIONS | {"server.address": address, "server.port": str(port)}
    flags = [f"--{name}={value}" for name, value in told.items()]
    return [sys.executable, "-m", "streamlit", "run", str(APP), *flags], {"TWIN_CITY": str(city.resolve())}
