"""Process settings that the daemon inherits and changes for itself; agents get the original values.

The daemon's files are for its user alone (umask 077), and it raises its descriptor limit to the maximum. Neither should
affect agents: their files get the permissions that the user's own programs would give them, and programs that use
select(2) or close every descriptor one by one need the usual soft limit.
"""

import os
import resource
from dataclasses import dataclass

#: The daemon's own umask.
PRIVATE = 0o077
#: The usual umask, for when the user's is unknown: service managers start the daemon with one that is meant for it.
USUAL = 0o022


@dataclass(frozen=True, slots=True)
class Inherited:
    """``umask`` and the soft limit ``open_files``, which is None if the daemon has not changed it."""

    umask: int = USUAL
    open_files: int | None = None


def take(*, managed: bool, umask: str = "") -> Inherited:
    """Change both for this process, and remember what they were.

    ``managed``: a service manager started us, so a private umask is its choice for the daemon. ``umask`` is the user's
    setting for agents in octal digits, or empty.
    """
    given = os.umask(PRIVATE)
    if umask:
        given = int(umask, 8)
    elif managed and given == PRIVATE:
        given = USUAL
    return Inherited(given, _raise_descriptor_limit())


def _raise_descriptor_limit() -> int | None:
    """Raise the soft limit on descriptors to the hard one, if agents can get theirs back. Returns the limit before, or
    None if it is unchanged.

    Fifty sessions and their clients need more than the usual limit. It stays on macOS, where a hard limit of
    "unlimited" means OPEN_MAX.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard or not hasattr(resource, "prlimit"):
        return None
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return soft
