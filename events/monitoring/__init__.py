"""How the way in is doing: freshness of sources, health, Prometheus metrics."""
