"""`twin demo` and `twin ui`: the app on this machine's loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from twin.place import Place
from views.commands.options import City, tell
from views.roles import ROLE, Role

GRACE_S = 8.0
"""How long the server may take to end after a signal."""

Port = Annotated[int, typer.Option(help="Port on 127.0.0.1 連接埠.")]
Address = Annotated[
    str, typer.Option(help="Where to listen; 0.0.0.0 only in a container that publishes on loopback 監聽位址.")
]
As = Annotated[
    Role, typer.Option("--role", envvar=ROLE, help="planner: sums of ten homes or more; manager: dwellings 角色.")
]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser 開啟瀏覽器.")]


def demo(
    city: City = Path("city"),
    port: Port = 8501,
    browser: Browser = True,
    role: As = Role.MANAGER,
    inputs: Annotated[
        Path | None,
        typer.Option("--inputs", metavar="DIR", help="Only write sample inputs there, for the commands 範例輸入檔."),
    ] = None,
) -> None:
    """Build the demo city, if it is not there, and open the app. 建立示範城市並開啟畫面。

    Example: twin demo --no-browser

    Example: twin demo --inputs inputs
    """
    from views import demo as demo_city
    from views.demo.progress import progress

    if inputs is not None:
        from views.demo.inputs import write_inputs

        for path in write_inputs(inputs):
            print(path)
        return
    if not demo_city.is_built(city):
        tell("building the demo city (synthetic data), about a minute 建立示範城市（合成資料），約一分鐘…")
        with progress() as report:
            demo_city.build(city, report)
    ui(city, port, browser, role=role)


def ui(
    city: City = Path("city"),
    port: Port = 8501,
    browser: Browser = True,
    address: Address = "127.0.0.1",
    role: As = Role.MANAGER,
) -> None:
    """Open the app on a city; it follows the log while others write. 開啟畫面。

    The role is no sign-in: whoever reaches the server has it.

    Example: twin ui --city city --role planner
    """
    from views import serve

    Place(city).read()
    url = f"http://localhost:{port}"
    command, environment = serve.command(city, port, address)
    tell(f"Taipei Twin: {url}  (Ctrl-C to stop 結束)")
    server = subprocess.Popen(command, env={**os.environ, **environment, ROLE: role}, stdout=sys.stderr)
    if browser:
        threading.Thread(target=_open_when_ready, args=(url, server), daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _stop(server))
    code = server.wait()
    raise typer.Exit(0 if code in (0, -2, -9, -15) else 1)


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Let the server end, whatever its pages are doing: it has GRACE_S for it."""
    server.terminate()
    late = threading.Timer(GRACE_S, server.kill)
    late.daemon = True
    late.start()


def _open_when_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    """Open a browser once the app answers."""
    for _ in range(100):
        if server.poll() is not None:
            return
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)
        except OSError:
            time.sleep(0.2)
            continue
        webbrowser.open(url)
        return
