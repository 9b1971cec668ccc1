"""DLMS/COSEM push: what a smart meter sends of its own accord (data-notification, IEC 62056-5-3).

axdr.py    values as A-XDR writes them
clock.py   date-time with its deviation and status
units.py   the numbers of units
push.py    the decoder
"""
