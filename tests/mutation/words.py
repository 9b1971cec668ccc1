"""Operators of our own beside cosmic-ray's: columnar code says in words what other code says in signs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cosmic_ray.operators.operator import Operator

OTHERS = {
    "min": "max",
    "first": "last",
    "any": "all",
    "head": "tail",
    "min_horizontal": "max_horizontal",
    "any_horizontal": "all_horizontal",
    "is_null": "is_not_null",
    "floor": "ceil",
    "cum_sum": "cum_count",
    "startswith": "endswith",
}
"""Words and their opposites; each is tried for the other."""

SWAPPED = OTHERS | {other: word for word, other in OTHERS.items()}


class WordReplacer(Operator):  # type: ignore[misc]  # cosmic-ray has no types
    """Says the opposite word where a function or method is named."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """Where a word stands that has an opposite, and is called."""
        if node.type == "name" and node.value in SWAPPED and _called(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """The opposite in its place."""
        node.value = SWAPPED[node.value]
        return node

    @classmethod
    def examples(cls) -> tuple[()]:
        """None: the dictionary says them."""
        return ()


class StatementRemover(Operator):  # type: ignore[misc]  # cosmic-ray has no types
    """Leaves out a call made for what it does (`seen.add(x)`)."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """Where a statement is a call and nothing else."""
        if node.type == "atom_expr" and node.parent.type == "simple_stmt" and node.get_last_leaf().value == ")":
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Nothing done, in its place."""
        first = node.get_first_leaf()
        return type(first)("...", first.start_pos, prefix=first.prefix)

    @classmethod
    def examples(cls) -> tuple[()]:
        """None."""
        return ()


def _called(node: Any) -> bool:
    after = node.get_next_leaf()
    return after is not None and after.value == "("
