"""A broker's `server.properties`. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

if __package__:
    from deploy.kafka.secured import Secured
else:  # beside a script
    from secured import Secured  # type: ignore[import-not-found,no-redef]

# As many replicas as there are nodes; small internal topics and no rebalance delay because tests start
# many; a short session because a broker that was killed is let in again only when its old session has ended.
_TEMPLATE = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners={listeners},CONTROLLER://{host}:{controller}
advertised.listeners={listeners}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL
log.dirs={data}
num.partitions=1
auto.create.topics.enable=true
offsets.topic.replication.factor={nodes}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={nodes}
transaction.state.log.min.isr={enough}
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor={nodes}
share.coordinator.state.topic.min.isr={enough}
default.replication.factor={nodes}
min.insync.replicas={enough}
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=16777216
log.cleaner.backoff.ms=500
message.max.bytes=8388608
replica.fetch.max.bytes=8388608
"""


@dataclass(frozen=True)
class Member:
    """A node's place in its cluster: its number from 1, every node's controller port, the cluster's id."""

    node: int
    controllers: tuple[int, ...]
    cluster_id: str


def properties(host: str, port: int, member: Member, data: Path, secured: Secured | None) -> str:
    """The text for one node: a plain listener, a secured one if asked for, and as many replicas as there are nodes."""
    listeners = [f"PLAINTEXT://{host}:{port}"] + ([secured.listener(host)] if secured else [])
    nodes = len(member.controllers)
    text = _TEMPLATE.format(
        host=host,
        node=member.node,
        voters=",".join(f"{node}@{host}:{at}" for node, at in enumerate(member.controllers, 1)),
        listeners=",".join(listeners),
        controller=member.controllers[member.node - 1],
        data=data,
        nodes=nodes,
        enough=nodes // 2 + 1,
    )
    return text + (secured.properties() if secured else "")
