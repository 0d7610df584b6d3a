"""Floor 5, the bytes: sockets, who may come in, and how a connection that misbehaves harms nobody but itself.

One trio task serves all connections of the Unix socket (``hub.py``): it waits on one selector and does for each connection
what its socket is ready for, so a connection costs no task and a fresh one next to nothing. A connection (``unix.py``) cuts
its stream into messages, hands them to its conversation (``maestrod.rpc``), and sends the answers of one read together. It is
not read while it has enough under way, and closed when it does not take its answers.

The bridge (``bridge.py``) is the TCP port of user interfaces. Every request passes one gate (``gate.py``); then a connection
(``http.py``) answers what the site has (``site.py``: REST by ``routes.py``, JSON-RPC by ``post.py``, the page), or hands itself over to
a WebSocket (``ws.py``: events by ``event_stream.py`` and ``fanout.py``, JSON-RPC; ``terminal_stream.py``). All of them send through a
``channel.py``, which never waits and never splits a message. They are imported when the first connection comes (``assembly.py``).
"""
