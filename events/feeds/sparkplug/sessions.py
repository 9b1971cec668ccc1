"""What births told of nodes and devices, and what follows from it for the messages behind them.

names      data tell an alias; the birth told its name, type and properties, for the whole node
losses     a node's messages count from 0 at its birth to 255 and round again: what is missing was lost
deaths     a death names the session (bdSeq) that it ends: one of an older session ends nothing
devices    with a node all its devices are gone
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from events.feeds.sparkplug.topics import Topic

BDSEQ = "bdSeq"
_FIELDS = ("datatype", "properties")


class Session(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of a node's session a message must be read with: messages lost before it, whether it is a death of another
    session (the bdSeq that lives), and the node's devices where it is a death."""

    lost: int = 0
    lives: int | None = None
    devices: tuple[str, ...] = ()


@dataclass
class _Node:
    """A node since its birth: session, last number, metrics by alias and by name, devices born."""

    bd_seq: int | None
    seq: int | None
    by_alias: dict[int, Any] = field(default_factory=dict)
    by_name: dict[tuple[str, str], Any] = field(default_factory=dict)
    devices: dict[str, None] = field(default_factory=dict)


class Sessions:
    """Nodes since their births, as far as their messages passed by."""

    def __init__(self) -> None:
        self._nodes: dict[str, _Node] = {}

    def completed(self, topic: Topic, payload: Any) -> Session:
        """Learn from a message; its metrics get the names, types and properties that their births told."""
        if topic.kind == "NDEATH":
            return self._ended(topic, payload)
        lost = self._counted(topic, payload)
        node = self._nodes.get(topic.edge)
        if topic.kind == "DDEATH" and node:
            node.devices.pop(topic.device, None)
        if topic.kind == "DBIRTH" and node:
            node.devices[topic.device] = None
        for metric in payload.metrics if node else ():
            assert node is not None
            if topic.kind in ("NBIRTH", "DBIRTH"):
                _learn(node, topic.device, metric)
            else:
                _complete(node, topic.device, metric)
        return Session(lost)

    def is_born(self, topic: Topic) -> bool:
        """Whether the birth of a message's node was seen."""
        return topic.edge in self._nodes

    def _counted(self, topic: Topic, payload: Any) -> int:
        """Messages lost since the last one; a node's birth begins anew."""
        told = payload.seq if payload.HasField("seq") else None
        if topic.kind == "NBIRTH":
            self._nodes[topic.edge] = _Node(bd_seq_of(payload), told)
            return 0
        node = self._nodes.get(topic.edge)
        if node is None or told is None:
            return 0
        lost = 0 if node.seq is None else (told - node.seq - 1) % 256
        node.seq = told
        return lost

    def _ended(self, topic: Topic, payload: Any) -> Session:
        node, ended = self._nodes.get(topic.edge), bd_seq_of(payload)
        if node and node.bd_seq is not None and ended is not None and ended != node.bd_seq:
            return Session(lives=node.bd_seq)
        self._nodes.pop(topic.edge, None)
        return Session(devices=tuple(node.devices)) if node else Session()


def bd_seq_of(payload: Any) -> int | None:
    """The number of the session that a node's birth or death tells."""
    metric = next((m for m in payload.metrics if m.name == BDSEQ), None)
    told = metric.WhichOneof("value") if metric is not None else None
    return int(getattr(metric, told)) if told in ("int_value", "long_value") else None


def inner(metric: Any) -> Iterator[Any]:
    """The metrics within a template's instance."""
    if metric.WhichOneof("value") == "template_value":
        yield from metric.template_value.metrics


def _learn(node: _Node, device: str, metric: Any) -> None:
    if metric.HasField("alias"):
        node.by_alias[metric.alias] = metric
    node.by_name[device, metric.name] = metric


def _complete(node: _Node, device: str, metric: Any) -> None:
    born = node.by_name.get((device, metric.name)) if metric.name else node.by_alias.get(metric.alias)
    if born is None:
        return
    metric.name = born.name
    if not metric.datatype:
        metric.datatype = born.datatype
    if not metric.HasField("properties") and born.HasField("properties"):
        metric.properties.CopyFrom(born.properties)
