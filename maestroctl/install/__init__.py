"""Installs hooks in agents' settings, and the service, and removes them again.

This works without a daemon. Settings are edited as text (``jsonc``), so that comments and formatting stay. The original content is
recorded first, and removal restores it byte for byte.
"""
