"""Floor 5, the bytes: sockets, who may come in, and how a connection that misbehaves harms nobody but itself.

Two ways in: ``unix/`` for local clients, and ``bridge/`` for the web page, HTTP and other machines. Both hand messages to a
conversation (``maestrod.rpc``), never wait for a slow client, and close one that does not take its answers (``outbox.py``).
"""
