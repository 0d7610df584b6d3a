"""The full-screen view of ``maestroctl watch``: the task tree, the sessions, the inbox, and a way to each session's terminal.

Three layers that can be read one by one: ``fleet.py`` is what is known, pure; ``rows.py`` draws it as text, pure; the rest puts
that on a screen with textual, which only ``watch`` imports, because it doubles the time a command takes to start.
"""
