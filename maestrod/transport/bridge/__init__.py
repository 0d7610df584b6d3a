"""The bridge: the web page and the HTTP interface, for this machine and, behind TLS, for others.

``port.py`` and ``remote_port.py`` open the ports that ``serve.py`` serves. Every request passes one gate (``gate.py``).
Then a connection (``http.py``) answers from the site (``site.py``: REST with ``routes.py``, JSON-RPC with ``post.py``,
the page), or becomes a WebSocket (``ws.py``: JSON-RPC, and UI events with ``ui_event_stream.py`` and ``fanout.py``; or
``terminal_stream.py``). All of them send through a ``channel.py``, which never waits and never splits a message. They
are imported when the first client connects (``assembly.py``).
"""
