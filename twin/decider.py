"""The shape of every aggregate: three fields, no base class.

    decide(command, state) -> events     what the command means now; none when it tells nothing new
    evolve(state, event)   -> state      what an event changes; never fails on a stored event

A decider is pure: no clock, no store. `twin.repository` runs it against the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Generic, TypeVar

C = TypeVar("C")
E = TypeVar("E")
S = TypeVar("S")


@dataclass(frozen=True)
class Decider(Generic[C, E, S]):
    """One aggregate's behaviour; `decide` raises DomainError on what a correct caller would not ask."""

    initial: S
    decide: Callable[[C, S], Sequence[E]]
    evolve: Callable[[S, E], S]

    def fold(self, events: Iterable[E], state: S | None = None) -> S:
        """The state after `events`, from `state` or from the beginning."""
        return reduce(self.evolve, events, self.initial if state is None else state)
