"""Worlds without a daemon: scripts over the domain, the laws that every world keeps, and replays."""
