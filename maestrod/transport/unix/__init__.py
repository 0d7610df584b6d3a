"""The Unix socket: how local clients reach the daemon.

One trio task serves all connections (``socket_loop.py``): it waits on one selector and reads and writes the sockets that
are ready. A connection needs no task of its own and is cheap to open. It (``connection.py``) splits its stream into
messages, passes them to its conversation, and sends the answers to one read together. While it has enough unfinished
calls, it is not read.
"""
