"""The C programs for floors and load, compiled on first use."""

import functools
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TypedDict

HERE = Path(__file__).parent


class NoCompiler(Exception):
    """There is no C compiler: floors in C cannot be measured here."""


class Load(TypedDict):
    """What ``load.c`` prints: answers per second, microseconds per burst, and answers that were errors."""

    rate: float
    p50: float
    p99: float
    max: float
    errors: int


@functools.cache
def program(name: str) -> Path:
    """The compiled program. Raises ``NoCompiler``."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise NoCompiler("no C compiler")
    folder = Path(tempfile.gettempdir()) / f"maestro-bench-{Path.home().stat().st_uid}"
    folder.mkdir(mode=0o700, exist_ok=True)
    binary = folder / name
    subprocess.run([compiler, "-O2", "-o", str(binary), str(HERE / f"{name}.c")], check=True)
    return binary


def floor(*arguments: str) -> float:
    """Run a mode of ``floors.c``, and return the number that it prints."""
    return float(subprocess.check_output([str(program("floors")), *arguments]))


def load(socket: Path, mode: str, connections: int, depth: int, seconds: float, template: str) -> Load:
    """Put load on a socket. Raises ``RuntimeError`` if replies were errors, because then nothing was measured."""
    words = [str(program("load")), str(socket), mode, str(connections), str(depth), str(seconds), template]
    figures: Load = json.loads(subprocess.check_output(words))
    if figures["errors"]:
        raise RuntimeError(f"{figures['errors']} calls were refused: {template[:100]}")
    return figures


def request(method: str, **params: object) -> str:
    """A request line for ``load``; its id counts up."""
    body = json.dumps({"jsonrpc": "2.0", "id": "ID", "method": method, "params": params}, separators=(",", ":"))
    return body.replace('"ID"', "@", 1)
