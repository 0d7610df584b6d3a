"""Gemini CLI: Google's command line agent. Headless it works one turn per process (``--output-format stream-json``, the next turn
resumes the session), on a terminal it is its own user interface. It takes hooks and settings from files below its home folder
only, so a session gets a home of its own for it (``home.py``) in which everything of the user's is linked.
"""
