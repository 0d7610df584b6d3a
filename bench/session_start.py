"""P8: time from the request for a session to the first byte of its agent's output, and the memory of a shim."""

import statistics
import tempfile
import time
from pathlib import Path

import psutil
import trio

from bench.programs import floor
from bench.table import Row, at_most
from maestrod.sessions.custody import Custody
from maestrod.sessions.spec import ExitRecord, LaunchSpec


def measure(*, quick: bool) -> list[Row]:
    """A shim and its agent, against posix_spawn of the same program with a terminal, from a small and a large daemon."""
    runs = 20 if quick else 60
    bare = floor("pty", str(runs), "/bin/echo")
    rows, memory = [], 0.0
    for megabytes in (0, 200 if quick else 1000):
        ballast = bytearray(megabytes << 20)
        ballast[:: 1 << 12] = b"x" * len(ballast[:: 1 << 12])
        took, memory = trio.run(_starts, runs)
        extra = (took - bare) * 1000
        detail = (
            f"{took * 1e3:.1f} against {bare * 1e3:.1f} ms ({took / bare:.1f} ×), with {megabytes} MB in the daemon"
        )
        rows.append(at_most("P8", "session start over posix_spawn with a terminal", extra, 25, detail, "ms"))
        del ballast
    rows.append(at_most("P8", "memory of a shim, proportional", memory / 1e6, 5, "", "MB"))
    return rows


async def _starts(runs: int) -> tuple[float, float]:
    """Median seconds to the first byte, and the proportional memory of a shim."""
    async with trio.open_nursery() as nursery:
        with tempfile.TemporaryDirectory(prefix="mb.") as folder:
            custody = Custody(Path(folder), _ignore)
            await nursery.start(custody.run)
            took = [await _start(custody, Path(folder), number) for number in range(runs)]
            memory = await _memory(custody, Path(folder))
            nursery.cancel_scope.cancel()
    return statistics.median(took), memory


async def _start(custody: Custody, folder: Path, number: int) -> float:
    session_id = f"ses_{number}"
    began = time.perf_counter()
    await custody.launch(_spec(folder, session_id, ("/bin/sh", "-c", "echo first byte; exec cat")))
    await custody.wait_output(session_id, 0)
    took = time.perf_counter() - began
    await custody.stop(session_id, [("KILL", 5.0)])
    return took


async def _memory(custody: Custody, folder: Path) -> float:
    """The proportional set size of a shim while other shims run."""
    identities = [await custody.launch(_spec(folder, f"ses_m{each}", ("/bin/cat",))) for each in range(5)]
    sizes: list[float] = [psutil.Process(each.shim_pid).memory_full_info().pss for each in identities]
    for each in range(5):
        await custody.stop(f"ses_m{each}", [("KILL", 5.0)])
    return statistics.median(sizes)


def _spec(folder: Path, session_id: str, argv: tuple[str, ...]) -> LaunchSpec:
    env = {"PATH": "/usr/bin:/bin", "MAESTRO_SESSION_ID": session_id}
    place = folder / session_id
    place.mkdir(exist_ok=True)
    return LaunchSpec(session_id=session_id, attempt=1, argv=argv, env=env, cwd="/", folder=str(place))


async def _ignore(record: ExitRecord) -> None:
    pass
