"""Ends a daemon whose data folder is gone: removed, moved, or replaced by another.

Its lock does not cover the folder that is at the path now, which another daemon may own, so it must not write there.
The journal is safe, as after a crash; agents keep running, and the next daemon adopts them.
"""

import logging
import os
from collections.abc import Callable
from typing import Final

import trio

from maestrod.host.instance import Claim

#: Seconds between two checks: one stat(2) each, rare enough for an idle machine.
CHECK_SECONDS: Final = 5.0
#: EX_IOERR (sysexits.h): a failure, so that a service manager starts the next daemon.
EXIT_CODE: Final = 74

log = logging.getLogger(__name__)


async def end_when_claim_is_void(claim: Claim, end: Callable[[int], object] = os._exit) -> None:
    """Wait until the claim is void, then end the process at once."""
    while not claim.is_void():  # noqa: ASYNC110 - not every system reports that a file was moved
        await trio.sleep(CHECK_SECONDS)
    log.critical("the data folder was removed, moved or replaced while this daemon used it: stopping at once")
    end(EXIT_CODE)
