"""What happened: envelopes, feeds, the one log, Kafka. Imports nothing of ours."""
