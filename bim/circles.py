"""Placements and shapes that are made of themselves: a kernel that follows one runs until its stack ends.

Runs in the drawing process, before a kernel does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import ifcopenshell

from bim.climbing import products_above
from bim.drawing import products_of
from bim.facts import Step
from bim.relations import WHOLES, by_type, instances_in

Followed = Mapping[str, tuple[int, ...]]
"""Classes whose instances may lead to one of their own kind, and the indices of the attributes by which."""

SHAPES: Followed = {"IfcBooleanResult": (1, 2), "IfcCsgSolid": (0,), "IfcMappedItem": (0,)}
PLACEMENTS: Followed = {"IfcLocalPlacement": (0,)}
"""Apart from shapes: a model has as many as products, so they are looked at only once a kernel has died."""


def endless(model: ifcopenshell.file, followed: Followed) -> tuple[list[Step], set[Step]]:
    """Instances from which a way leads into a circle, lowest first, and the products that are drawn from these."""
    found = sorted(map(Step, _into_a_circle(_ways(model, followed))))
    return found, products_above(model, products_of(model, found)) if found else set()


def cut_wholes(model: ifcopenshell.file, parents: Mapping[Step, Step]) -> list[Step]:
    """Remove the relationships by which things are parts of themselves, and say which: kernels climb them for ever."""
    found = _into_a_circle({part: [whole] for part, whole in parents.items()})
    cut: list[Step] = []
    for ifc_class, one, many in WHOLES if found else ():
        for relation in list(by_type(model, ifc_class)):
            if {each.id() for index in (one, many) for each in instances_in(relation[index])} <= found:
                cut.append(Step(relation.id()))
                model.remove(relation)
    return sorted(cut)


def _into_a_circle(ways: Mapping[int, Sequence[int]]) -> set[int]:
    """Law: what is left when, again and again, whatever leads nowhere else is taken away."""
    users: dict[int, list[int]] = defaultdict(list)
    for one, targets in ways.items():
        for target in targets:
            users[target].append(one)
    left = {one: len(targets) for one, targets in ways.items()}
    ends = [one for one in users if one not in ways]
    while ends:
        for user in users[ends.pop()]:
            left[user] -= 1
            if not left[user]:
                del left[user]
                ends.append(user)
    return set(left)


def _ways(model: ifcopenshell.file, followed: Followed) -> dict[int, list[int]]:
    """Instance → those it is made of; only instances that are made of any."""
    ways = {
        each.id(): [target.id() for target in _targets(each, indices)]
        for ifc_class, indices in followed.items()
        for each in by_type(model, ifc_class)
    }
    return {one: targets for one, targets in ways.items() if targets}


def _targets(one: Any, indices: Iterable[int]) -> Iterator[Any]:
    for index in indices:
        for target in instances_in(one[index]):
            if target.is_a("IfcRepresentationMap"):
                yield from instances_in(getattr(target[1], "Items", None))
            else:
                yield target
