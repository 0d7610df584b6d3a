"""Makes text from people, agents and terminals safe: JSON with the place of an error, plans inside other text, no escape
sequences.

The daemon and its clients use these functions for all bytes and text from outside.
"""
