"""Sockets and the bytes on them: who may connect, and how a misbehaving connection harms only itself.

There are two transports: ``unix/`` for local clients, and ``bridge/`` for the web page, HTTP and other machines. Both
pass messages to a conversation (``maestrod.rpc``), never wait for a slow client, and close a connection whose client
does not read its answers (``outbox.py``).
"""
