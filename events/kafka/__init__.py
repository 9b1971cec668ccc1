"""Kafka: the only door to its two client libraries. `source` reads and `sink` writes, over the port in `port`."""
