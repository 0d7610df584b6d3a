"""A daemon to be killed: holds the sessions whose launch specs come as JSON lines on standard input, prints each identity, and waits.

Usage: `python daemon_process.py SESSIONS_FOLDER`, from the root of the checkout.
"""

import os
import sys
from pathlib import Path

import msgspec
import trio

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from maestrod.sessions.custody import Custody  # the path comes first
from maestrod.sessions.spec import ExitRecord, LaunchSpec  # the path comes first


async def say_exit(record: ExitRecord) -> None:
    """Exits go to standard output like identities."""
    os.write(1, msgspec.json.encode(record) + b"\n")


async def main() -> None:
    """Launch and hold until killed."""
    custody = Custody(Path(sys.argv[1]), say_exit)
    async with trio.open_nursery() as nursery:
        await nursery.start(custody.run)
        for line in sys.stdin:
            identity = await custody.launch(msgspec.json.decode(line, type=LaunchSpec))
            os.write(1, msgspec.json.encode(identity) + b"\n")
        await trio.sleep_forever()


trio.run(main)
