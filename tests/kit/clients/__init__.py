"""Clients of a daemon, well-behaved and hostile, and fake daemons for tests that need no real one."""
