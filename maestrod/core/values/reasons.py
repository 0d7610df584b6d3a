"""Codes of the reasons a session was stopped for, where what becomes of its work depends on them."""

#: Its work goes on in another session: an attempt at its task took too long, or the daemon stops.
TIMED_OUT = "timeout"
DAEMON_STOP = "daemon_stop"
#: Its work was cancelled: what somebody retried since then belongs to another session.
CANCELLED = "cancelled"
