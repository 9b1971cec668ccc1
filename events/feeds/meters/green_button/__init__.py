"""Green Button (NAESB REQ.21, ESPI): what a customer downloads of a meter, as an Atom feed.

codes.py    numbers of the standard: units, qualities, what is counted
atom.py     the feed's entries, and which leads to which
reading.py  the decoder
"""
