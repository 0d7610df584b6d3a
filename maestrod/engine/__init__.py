"""Floor 3, the single writer: commands and facts in, durable decisions out.

The engine owns the world. It asks ``core.decide`` what a command means, hands the events to the store, applies them, and
releases reply, events and effects when the store says they are durable. It never waits for a child, a subscriber or a
socket; what it needs of the floors below it knows as the Protocols of ``ports.py``.
"""
