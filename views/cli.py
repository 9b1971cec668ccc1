"""The console script `twin`: exit 0 done, 1 some input was refused or quarantined, 2 wrong usage."""

from __future__ import annotations

import logging
import os
import sys

import typer

from bim.errors import BimError
from events.errors import TwinError, UsageError
from views.command_table import CommandsByName
from views.logs import LogFormat, configure, in_json

REFUSED, WRONG_USAGE = 1, 2

QUICK = {"OPENBLAS_NUM_THREADS": "1", "PYDANTIC_DISABLE_PLUGINS": "__all__"}
"""Settings that make a start a tenth of a second of CPU shorter, where the environment has none of its own: numpy's
linear algebra starts a thread a core when it is imported, and no command multiplies matrices; pydantic, of which typer
asks the types of options, looks through every installed package for plugins."""

app = typer.Typer(
    name="twin",
    help="Taipei Twin: the digital twin of Taipei's smart social housing. 臺北市智慧社會住宅數位分身。",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)


@app.callback(cls=CommandsByName)
def _twin() -> None:
    """Every command stands in the table."""


def main() -> None:
    """Run the command line; every error is a line that says what, where, and what to do."""
    for name, value in QUICK.items():
        os.environ.setdefault(name, value)
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
        print(f"twin: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
