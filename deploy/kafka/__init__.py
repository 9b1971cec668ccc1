"""A real Apache Kafka on this machine: one KRaft node, on loopback."""
