"""What goes wrong while a page is drawn: told in the reader's language, without the server's paths."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from bim.errors import BimError
from events.errors import LogUnavailableError, TwinError, UsageError
from views.plain import note
from views.state import State

logger = logging.getLogger(__name__)

_PATH = re.compile(r"(?<![\w/:.])(?:[A-Za-z]:\\|/)(?:[^\s/:;,'\"()]+[/\\])+([^\s/:;,'\"()]*)")


@contextmanager
def told(state: State) -> Iterator[None]:
    """Tell of whatever is raised within, in place of what would have been drawn."""
    try:
        yield
    except (TwinError, BimError) as error:
        st.html(note("error", _said(state, error)))
    except Exception as error:  # noqa: BLE001 - the top of a page: logged with its trace, and said without
        st.html(note("error", _said(state, error)))


def without_paths(words: str) -> str:
    """The words with the last part alone of every path.

    >>> without_paths("/srv/taipei/city.json: not a city file")
    'city.json: not a city file'
    """
    return _PATH.sub(lambda found: found[1] or "…", words)


def _said(state: State, error: Exception) -> str:
    if isinstance(error, UsageError) and "city.json" not in str(error):
        return state.say("trouble_usage", why=without_paths(str(error)))
    code = secrets.token_hex(4)
    logger.error("page failed, code %s: %s", code, error, exc_info=error)
    match error:
        case UsageError():
            words = "trouble_city"
        case BimError():
            words = "trouble_model"
        case LogUnavailableError():
            words = "trouble_log"
        case _:
            words = "trouble_other"
    return f"{state.say(words)} {state.say('trouble_code', code=code)}"
