"""Clients of a daemon, well-behaved and not, and what they talk to when no real daemon is needed."""
