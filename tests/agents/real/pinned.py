"""The agents' own command lines in the versions our tests are pinned to (``versions.json``): finds and installs them.

    python3 tests/agents/real/pinned.py [NAME ...]

installs what is missing into a cache outside of the repository, from npm and without running the packages' install scripts,
except the two that put a native program in its place (named in ``versions.json``). The folder is ``MAESTRO_AGENT_CLIS``, else
``maestrod-agents`` in the user's cache. Standard library only: ``.ci/run`` calls it before anything is set up.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

#: Read when the module is loaded: tests point HOME and the XDG folders somewhere else.
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
FOLDER = Path(os.environ.get("MAESTRO_AGENT_CLIS") or _CACHE / "maestrod-agents")
_PATH = os.environ.get("PATH")
#: Seconds an installation may take.
PATIENCE = 300


class Pin(NamedTuple):
    """One agent: the npm package, its version, and the script of it that has to be run."""

    package: str
    version: str
    after_install: str | None


def pins() -> dict[str, Pin]:
    """What ``versions.json`` says, by agent."""
    rows = json.loads(Path(__file__).with_name("versions.json").read_text("utf-8"))
    return {name: Pin(row["package"], row["version"], row.get("afterInstall")) for name, row in rows.items()}


def command(name: str) -> Path | str:
    """The command of an agent in the pinned version, or why there is none: first in ``FOLDER``, then on the PATH."""
    pin = pins()[name]
    found = FOLDER / "node_modules" / ".bin" / name
    if installed(pin) and found.exists():
        return found
    on_path = shutil.which(name, path=_PATH)
    if on_path is None:
        return f"{name} {pin.version} is not installed (python3 tests/agents/real/pinned.py {name})"
    version = _version(Path(on_path).resolve(), pin.package)
    if version == pin.version:
        return Path(on_path)
    return f"{on_path} is {name} {version or 'of an unknown version'}; the tests are pinned to {pin.version}"


def installed(pin: Pin) -> bool:
    """Whether ``FOLDER`` has a package in its version, with its script run."""
    return _packaged(FOLDER / "node_modules" / pin.package) == pin.version and _stamp(pin).exists()


def install(names: list[str]) -> None:
    """Install what is missing. Raises ``OSError`` and ``subprocess.SubprocessError``."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = [pin for name, pin in pins().items() if name in names and not installed(pin)]
        if not missing:
            return
        # npm removes what is there and not named.
        packages = [f"{pin.package}@{pin.version}" for pin in pins().values() if pin in missing or installed(pin)]
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--silent")
        subprocess.run(["npm", "install", *quiet, "--prefix", str(FOLDER), *packages], check=True, timeout=PATIENCE)
        for pin in missing:
            if pin.after_install is not None:
                package = FOLDER / "node_modules" / pin.package
                subprocess.run(
                    ["node", pin.after_install], cwd=package, check=True, timeout=PATIENCE, stdout=sys.stderr
                )
            _stamp(pin).touch()


def _stamp(pin: Pin) -> Path:
    return FOLDER / f"{pin.package.replace('/', '_')}@{pin.version}"


def _packaged(folder: Path) -> str | None:
    try:
        version = json.loads((folder / "package.json").read_text("utf-8")).get("version")
    except (OSError, ValueError):
        return None
    return version if isinstance(version, str) else None


def _version(program: Path, package: str) -> str | None:
    """The version of the package that a program lies in."""
    for folder in program.parents[:4]:
        if folder.as_posix().endswith(f"node_modules/{package}"):
            return _packaged(folder)
    return None


if __name__ == "__main__":
    try:
        install(sys.argv[1:] or list(pins()))
    except (OSError, subprocess.SubprocessError) as error:
        sys.exit(f"not installed: {error}")
