"""The single writer: commands and facts in, durable decisions out.

The engine owns the world. It asks ``core.decide`` what a command means, hands the events to the store, and releases reply,
events and effects when the store reports that they are durable. It never waits for a child process, a subscriber or a socket.
It reaches store and sessions through the Protocols in ``ports.py``.
"""
