"""The usual request, straight through: a submission or a poll that nothing is asked of but what its contract says.

What such a request needs is decided once for each operation; whatever is unusual about a request (a fault, a stub, a
preference, a violation, a long body, a store that others share) leaves it to the plain way, `endpoint.py`, before
anything has been done. Both give the same bytes.
"""
