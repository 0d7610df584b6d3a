"""The end of a daemon whose data folder is not there any more: removed, moved, or replaced by another.

Its lock says nothing about the folder that stands at the path now, which another daemon may own: nothing more may be written
there. What is in the journal is safe, as it is after a crash; agents go on, and the next daemon takes them back.
"""

import logging
import os
from collections.abc import Callable
from typing import Final

import trio

from maestrod.host.instance import Claim

#: Seconds between two looks: one stat(2), rare enough for an idle machine.
CHECK_SECONDS: Final = 5.0
#: EX_IOERR (sysexits.h): a failure, so that a service manager starts the next daemon.
EXIT_CODE: Final = 74

log = logging.getLogger(__name__)


async def end_when_void(claim: Claim, end: Callable[[int], object] = os._exit) -> None:
    """Wait until the claim is void, and end the process at once then."""
    while not claim.is_void():  # noqa: ASYNC110 - not every system tells of a file that is moved
        await trio.sleep(CHECK_SECONDS)
    log.critical("the data folder was removed, moved or replaced while this daemon used it: stopping at once")
    end(EXIT_CODE)
