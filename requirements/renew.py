"""Write the lock files of this folder anew: ``make lock``. Everything else installs from them and never resolves.

``build.txt`` builds packages (installed first), ``dev.txt`` is maestrod's dependencies and its developers' tools, and
``lowest.txt`` is the same tools with the oldest versions of the dependencies that ``pyproject.toml`` allows. Each pins every
package with the hashes of its files and holds for all of ``PYTHONS``; uv resolves, because pip cannot resolve for other Pythons.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
#: The oldest Python sets what the lock starts from; the others are checked one by one.
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
#: Has no wheel: it is built here, with what ``build.txt`` pins.
FROM_SOURCE = "jsonrpcserver"


def main() -> None:
    """Resolve in a throw-away environment that has uv."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([sys.executable, "-m", "venv", scratch], check=True)
        subprocess.run([f"{scratch}/bin/python", "-m", "pip", "install", "--quiet", "uv"], check=True)
        uv = f"{scratch}/bin/uv"
        newest = ["--upgrade", "--group", "build"]
        resolve(uv, "build.txt", *newest)
        resolve(uv, "dev.txt", *newest, "--group", "dev", "pyproject.toml")
        tools = Path(scratch, "tools.txt")
        tools.write_text("\n".join(pins_of_tools()), encoding="utf-8")
        oldest = ["--upgrade", "--resolution", "lowest-direct", "--constraint", str(tools)]
        resolve(uv, "lowest.txt", *oldest, "--group", "build", "--group", "dev", "pyproject.toml")


def resolve(uv: str, name: str, *arguments: str) -> None:
    """Write one lock file, then hold it against each Python: a package that one of them cannot install ends the run."""
    common = [uv, "pip", "compile", "--quiet", "--no-annotate", "--custom-compile-command", "make lock"]
    common += ["--only-binary", ":all:", "--no-binary", FROM_SOURCE]
    lock = str(FOLDER / name)
    universal = ["--universal", "--python-version", PYTHONS[0], "--generate-hashes", "--output-file", lock]
    subprocess.run([*common, *universal, *arguments], cwd=ROOT, check=True)
    for python in PYTHONS:
        subprocess.run(
            [*common, "--python-version", python, "--no-deps", lock], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )


def pins_of_tools() -> list[str]:
    """The lines ``name==version`` that ``dev.txt`` has for the tools themselves, without maestrod's dependencies."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    tools = {name_of(requirement) for group in groups.values() for requirement in group}
    lines = (line.split()[0] for line in (FOLDER / "dev.txt").read_text("utf-8").splitlines() if "==" in line)
    return [line for line in lines if name_of(line) in tools]


def name_of(requirement: str) -> str:
    """The distribution a requirement speaks of."""
    return re.split(r"[=<>~! ;]", requirement, maxsplit=1)[0]


if __name__ == "__main__":
    main()
