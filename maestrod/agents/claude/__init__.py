"""Claude Code: held headless over its streams of JSON lines, or interactively on a terminal.

Headless it is one process that takes prompts on standard input and asks for permission there (``stream.py`` reads, ``control.py``
writes); on a terminal its hooks tell what happens (``hooks.py``) and its title whether it is busy, which is all there is when
somebody presses Esc. ``launch.py`` says how it is started without touching the user's own files, ``turn_end.py`` what the end of
a turn means, ``limits.py`` when it is a limit that passes. Measured with version 2.1.328; docs/claude.md has the facts.
"""
