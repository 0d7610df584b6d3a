"""Reason codes of a stopped session, where they decide what happens to its work."""

#: Another session continues the work: an attempt at the task took too long, or the daemon stops.
TIMED_OUT = "timeout"
DAEMON_STOP = "daemon_stop"
#: The work was cancelled; if a user has retried it since, it belongs to another session.
CANCELLED = "cancelled"
