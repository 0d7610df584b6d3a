"""Text from people, agents and terminals, made safe: JSON with the place of a mistake, plans inside other text, no escapes.

Whoever reads bytes or text of somebody else does it by these functions, on the daemon's side and on the client's.
"""
