"""The console script `twin`: exit 0 done, 1 some input was refused or quarantined, 2 wrong usage."""

from __future__ import annotations

import logging
import sys

import typer

from bim.errors import BimError
from events.errors import TwinError, UsageError
from views.commands import (
    backup,
    bim,
    city,
    device,
    feed,
    feeds,
    household,
    incident,
    indicator,
    lake,
    log_copy,
    project,
    quarantine,
    replay,
    scenario,
    serve,
    status,
)
from views.commands.options import REFUSED, logs
from views.logs import LogFormat, configure, in_json

WRONG_USAGE = 2

app = typer.Typer(
    name="twin",
    help="Taipei Twin: the digital twin of Taipei's smart social housing. 臺北市智慧社會住宅數位分身。",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
app.command()(city.init)
app.add_typer(city.sites, name="sites")
app.add_typer(bim.app, name="bim")
app.command()(feeds.publish)
app.command()(feeds.ingest)
app.command()(feed.feed)
app.command()(status.status)
app.command()(city.cut)
app.command()(replay.diff)
app.command("show")(replay.show_entity)
app.command()(replay.why)
app.command()(replay.replay)
app.command()(incident.incidents)
app.add_typer(indicator.app, name="indicator")
app.add_typer(device.app, name="device")
app.command()(replay.export)
city.log.command("copy")(log_copy.copy)
city.log.command("compact")(log_copy.compact)
app.add_typer(city.log, name="log")
app.add_typer(lake.app, name="lake")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(household.app, name="household")
app.command()(city.rebuild)
app.command()(project.project)
app.command()(backup.backup)
app.command()(backup.restore)
app.add_typer(scenario.app, name="scenario")
app.command()(serve.demo)
app.command()(serve.ui)


def main() -> None:
    """Run the command line; every error is a line that says what, where, and what to do."""
    configure(LogFormat.HUMAN)
    try:
        app()
    except UsageError as error:
        sys.exit(_say(error, WRONG_USAGE))
    except (TwinError, BimError) as error:
        sys.exit(_say(error, REFUSED))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        sys.exit(_say(error, REFUSED))


def _say(error: BaseException, code: int) -> int:
    if in_json():
        logging.getLogger("twin").error("%s", error, extra={"exit_code": code})
    else:
        logs.print(f"twin: {error}", markup=False, soft_wrap=True)
    return code


if __name__ == "__main__":
    main()
