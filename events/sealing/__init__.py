"""What makes a log tamper-evident: digests, record times that rise, and a hash chain sealed behind the head."""
