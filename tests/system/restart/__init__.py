"""Journeys over the end of a daemon: killed, restarted, replaced, back after a while."""
