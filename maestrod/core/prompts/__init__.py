"""The texts that agents receive: the manifest of a session, the first prompt, and the reminders between turns.

Text goes in and text comes out. The session's turns decide when a prompt is sent.
"""
