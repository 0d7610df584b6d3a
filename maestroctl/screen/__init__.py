"""The full-screen view of ``maestroctl watch``: the task tree, the sessions, the inbox, and access to each session's terminal.

It has three layers: ``fleet.py`` holds the data and ``rows.py`` draws them as text, both pure; the rest puts that on a screen with
textual. Only ``watch`` imports textual, because it doubles the start time of a command.
"""
