"""The Unix socket: how local clients reach the daemon.

One trio task serves all connections (``socket_loop.py``): it waits on one selector and does for each connection what its socket is
ready for, so a connection costs no task and a fresh one next to nothing. A connection (``connection.py``) cuts its stream into
messages, hands them to its conversation, and sends the answers of one read together. It is not read while it has enough under
way.
"""
