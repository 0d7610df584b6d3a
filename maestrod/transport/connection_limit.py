"""How many connections a listener accepts, so that the daemon can still open its files."""

import resource

#: Maximum number of open connections; and the descriptors that are reserved for everything else.
CONNECTION_LIMIT = 1000
RESERVED_DESCRIPTORS = 256


def connection_limit() -> int:
    """How many connections this process can hold and still open its files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    room = CONNECTION_LIMIT if soft == resource.RLIM_INFINITY else soft - RESERVED_DESCRIPTORS
    return max(16, min(CONNECTION_LIMIT, room))
