"""MQTT: listen to a broker's topics, and hand on what comes.

address.py       mqtt://host:port/filter
wire.py          one connection (paho-mqtt)                          the only door to paho
documents.py     messages as documents of a format                   pure
listener.py      the loop: collect, hand on, acknowledge, wait longer after a failure
"""
