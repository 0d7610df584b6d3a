"""What the daemon got from whoever started it and changes for itself: agents get it back as it was.

Files of the daemon are for its user alone (umask 077), and it takes all descriptors it may have. Neither is an agent's
business: what an agent makes has the permissions the user's own programs would give it, and programs that use select(2) or
close every descriptor one by one want the usual soft limit.
"""

import os
import resource
from dataclasses import dataclass

#: The daemon's own umask.
PRIVATE = 0o077
#: The usual umask, for when nobody knows the user's: service managers start the daemon with one that is meant for it.
USUAL = 0o022


@dataclass(frozen=True, slots=True)
class Inherited:
    """``umask`` and the soft limit ``open_files``; None where the daemon keeps the one it was given."""

    umask: int = USUAL
    open_files: int | None = None


def take(*, managed: bool, umask: str = "") -> Inherited:
    """Change both for this process, and remember what they were.

    ``managed``: a service manager started us, so a private umask is its choice for the daemon. ``umask`` is what the
    user wants for agents in octal digits, empty for nothing special.
    """
    given = os.umask(PRIVATE)
    if umask:
        given = int(umask, 8)
    elif managed and given == PRIVATE:
        given = USUAL
    return Inherited(given, _raise_descriptor_limit())


def _raise_descriptor_limit() -> int | None:
    """Take as many descriptors as we may, where agents can be given their limit back; fifty sessions and their clients need more than usual.

    On macOS it stays: there the hard limit says "unlimited" and means OPEN_MAX.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard or not hasattr(resource, "prlimit"):
        return None
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return soft
