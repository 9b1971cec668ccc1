"""Names that tell rows apart, as COBie wants them: a name that another thing of the sheet has is told with its id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from bim.give.cobie.template import NONE


class Names:
    """The names of one sheet's things."""

    def __init__(self, things: Iterable[Any]) -> None:
        self._of: dict[int, str] = {}
        listed = list(things)
        own = {one.id(): _own(one) for one in listed}
        counted = Counter(own.values())
        self.repeated = sum(count - 1 for count in counted.values())
        """How many things are called as an earlier one is."""
        for one in listed:
            name = own[one.id()]
            self._of[one.id()] = name if counted[name] == 1 else f"{name} [{getattr(one, 'GlobalId', one.id())}]"

    def __contains__(self, thing: Any) -> bool:
        return thing is not None and thing.id() in self._of

    def of(self, thing: Any) -> str:
        """Its name in the sheet; n/a when it has no row there."""
        return self._of.get(thing.id(), NONE) if thing is not None else NONE


def _own(thing: Any) -> str:
    """What a thing is called: by its name, else its long name or tag, else its class and id."""
    for attribute in ("Name", "LongName", "Tag"):
        if told := str(getattr(thing, attribute, None) or "").strip():
            return told
    return f"{thing.is_a()} {getattr(thing, 'GlobalId', thing.id())}"
