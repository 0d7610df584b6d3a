"""Claude Code: headless over its streams of JSON lines, or interactive on a terminal.

Headless it is one process that reads prompts on standard input and asks for permission there (``stream.py`` reads,
``control.py`` writes). On a terminal its hooks report what happens (``hooks.py``), and its title shows whether it is
busy, which is the only sign when a person presses Esc. ``launch.py`` starts it without changing the user's own files,
``turn_end.py`` interprets the end of a turn, and ``limits.py`` recognizes usage limits. Measured with version 2.1.328;
docs/claude.md has the details.
"""
