"""One agent whose log lies on a tiny file system of its own; run inside a user and mount namespace by `unshare -Urm`.

Usage: `python full_disk_process.py SESSIONS_FOLDER`, from the root of the checkout. Prints one JSON object about what happened.
"""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import trio

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.sessions.kit import Agents, daemon_on  # the path comes first

SESSION = "ses_full"

AGENT = """
import os, sys
sys.stdin.readline()
for _ in range(4096):
    os.write(1, b"x" * 255 + b"\\n")
open(sys.argv[1], "w").close()
sys.stdin.readline()
os.write(1, b"space again\\n")
sys.stdin.readline()
"""


async def main(sessions: Path) -> None:
    """Fill the log's file system, make room, and say what became of agent and log."""
    log = sessions / SESSION / "output"
    log.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", log], check=True)
    filler = log / "filler"
    filler.write_bytes(b"f" * 128 * 1024)
    flooded = sessions / "flooded"
    spec = Agents(sessions).spec(SESSION, sys.executable, "-I", "-S", "-u", "-c", AGENT, str(flooded), terminal="pipe")
    async with daemon_on(sessions) as daemon:
        await daemon.custody.launch(spec)
        await daemon.custody.send(SESSION, b"go\n")
        with trio.fail_after(120):
            while not flooded.exists():  # another file system gives no event here
                await trio.sleep(0.01)
        filler.unlink()
        await daemon.custody.send(SESSION, b"more\n")
        output = await daemon.output(SESSION, b"space again\n")
        await daemon.custody.send(SESSION, b"end\n")
        record = await daemon.exit_of(SESSION)
    figures = {"code": record.code, "dropped": record.dropped_bytes, "end": record.output_end, "length": len(output)}
    marker = [line for line in output.splitlines() if b"bytes of output were lost here" in line]
    os.write(1, msgspec.json.encode({**figures, "markers": [line.decode() for line in marker]}) + b"\n")


trio.run(main, Path(sys.argv[1]))
