"""The bridge: the web page and the HTTP interface, for this machine and, behind TLS, for others.

``port.py`` and ``remote_port.py`` open what ``serve.py`` listens on. Every request passes one gate (``gate.py``). Then a connection
(``http.py``) answers what the site has (``site.py``: REST by ``routes.py``, JSON-RPC by ``post.py``, the page), or becomes a WebSocket
(``ws.py``: UI events by ``ui_event_stream.py`` and ``fanout.py``, JSON-RPC; ``terminal_stream.py``). All of them send through a ``channel.py``,
which never waits and never splits a message. They are imported when the first connection comes (``assembly.py``).
"""
