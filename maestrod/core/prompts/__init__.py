"""The texts that agents receive: the manifest of a session, the first prompt, and the reminders between turns.

Text goes in and text comes out; when a prompt is sent is decided by the session's turns.
"""
