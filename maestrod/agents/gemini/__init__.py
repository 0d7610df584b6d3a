"""Gemini CLI: Google's command-line agent.

Headless it does one turn per process (``--output-format stream-json``; the next turn resumes the session). On a terminal
it is its own user interface. It reads hooks and settings only from files below its home folder, so each session has its
own home for it (``home.py``), with links to everything of the user's.
"""
