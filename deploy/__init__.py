"""How the parts around the twin are started: Kafka from its jars, or from a container."""
