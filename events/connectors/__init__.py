"""Connectors: fetch a feed's documents from where they are published, and hand on what is new and whole.

transport.py   one HTTP exchange (urllib3), bounded in time and size     the only door to the network
judgement.py   an answer judged: new, the same again, or a failure       pure
patience.py    when to ask again: interval, ttl, back-off, Retry-After   pure
documents.py   whether a document is whole                               pure
discovery.py   GBFS: the documents that a gbfs.json names                pure
seen_files.py  what was handed on, kept from one start to the next
poller.py      the loop over endpoints
mqtt/          the same for the topics of an MQTT broker
"""
