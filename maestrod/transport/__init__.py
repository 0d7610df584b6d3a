"""Floor 5, the bytes: sockets, who may come in, and how a connection that misbehaves harms nobody but itself.

One trio task serves all connections of the Unix socket (``hub.py``): it waits on one selector and does for each connection
what its socket is ready for, so a connection costs no task and a fresh one next to nothing. A connection (``unix.py``) cuts
its stream into messages, hands them to its conversation (``maestrod.rpc``), and sends the answers of one read together. It is
not read while it has enough under way, and closed when it does not take its answers.
"""
