"""OpenCode: an open source command line agent for many vendors' models. Headless it works one turn per process (``opencode run
--format json``, the next turn continues the session), on a terminal it is its own user interface. It has no hooks but plugins
that run inside of it and hear everything; ours is ``hooks/opencode``, and a session gets a file that says what it is to tell.
"""
