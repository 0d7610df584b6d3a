"""OpenCode: an open-source command-line agent for many vendors' models.

Headless it does one turn per process (``opencode run --format json``; the next turn continues the session). On a
terminal it is its own user interface. Instead of hooks it has plugins, which run inside it and receive all events. Ours
is ``hooks/opencode``; each session has a file that says what the plugin reports.
"""
