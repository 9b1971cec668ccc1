"""Sparkplug B 3.0 (Eclipse, ISO/IEC 20237) on MQTT: births name what data tell by alias, deaths end it.

schema.py    the fields of its protobuf messages
topics.py    spBv1.0/group/type/node/device
sessions.py  what births told, and what follows from it for later messages
values.py    a metric's value by its type
metrics.py   a metric as cells
messages.py  the decoder, and the document in which messages travel
"""
