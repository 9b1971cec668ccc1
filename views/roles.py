"""Who sits before the app: the role that the server was started for, and the operator's pseudonymous id.

This is no sign-in: whoever reaches the server has its role. A deployment starts one server a role and puts its own
sign-in in front (docs/privacy.md).
"""

from __future__ import annotations

import os
from enum import StrEnum

from events.errors import UsageError

ROLE, OPERATOR = "TWIN_ROLE", "TWIN_OPERATOR"
"""Environment variables."""

FEWEST_HOMES = 10
"""Outside facility management nothing is told of fewer homes together."""


class Role(StrEnum):
    """A planner sees sums over FEWEST_HOMES homes or more; a manager single dwellings, and each look is an event."""

    PLANNER = "planner"
    MANAGER = "manager"


def role() -> Role:
    """The server's role, a manager's unless it was started for another; UsageError for a word that is none."""
    word = os.environ.get(ROLE, Role.MANAGER)
    try:
        return Role(word)
    except ValueError:
        raise UsageError(f"{ROLE}={word!r} is no role; there are {', '.join(Role)}") from None


def operator() -> str:
    """The pseudonymous id under which looks at dwellings are told."""
    return os.environ.get(OPERATOR, "local")
