"""Screens that a user looks at: a terminal (tmux) and a browser (Chromium)."""
