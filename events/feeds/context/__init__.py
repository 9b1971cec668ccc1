"""Context brokers: NGSI-LD."""
