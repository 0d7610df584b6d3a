"""Puts the terminal emulator of the page, xterm.js (MIT), into ``page/vendor/xterm`` when the package is built or installed.

It comes from a package index, in one of two ways that give the same version of the library: ``npm pack`` where there is npm, else
``pip download`` of a Python wheel that carries it (nicegui; nothing but these files is taken from it, and it is not installed).
Both are pinned by checksum. Where neither can be reached the build goes on: the page then shows terminals as plain text, and says
how to change that. The folder is ignored by git, and ships in the wheel and in the source archive.
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: npm packages with the checksum of their archive (as in an npm lock file), and the files wanted of each.
NPM = (
    (
        "@xterm/xterm@5.5.0",
        "hqJHYaQb5OptNunnyAnkHyM8aCjZ1MEIDTQu1iIbbTD/xops91NB5yq1ZK/dC2JDbVWtF23zUtl9JE2NqwT87A==",
        {"lib/xterm.js": "xterm.js", "css/xterm.css": "xterm.css", "LICENSE": "LICENSE"},
    ),
    (
        "@xterm/addon-fit@0.10.0",
        "UFYkDm4HUahf2lnEyHvio51TNGiLK66mqP2JoATy7hRZeXaGMRDr00JiSF7m63vR5WKATF605yEggJKsw0JpMQ==",
        {"lib/addon-fit.js": "addon-fit.js"},
    ),
)

#: npm's files set globals; the page imports a module.
NPM_MODULE = """import "./xterm.js";
import "./addon-fit.js";
export const { Terminal } = globalThis;
export const { FitAddon } = globalThis.FitAddon;
"""

#: A Python wheel that carries the same as one ES module, and where in it.
WHEEL = "nicegui==3.18.0 --hash=sha256:a2bd51642312d98aab6d8b641245d796ff1b89da5829777170bcc488140c3dcd"
WHEEL_FOLDER = "nicegui/elements/xterm/dist/"

#: Seconds one way may take.
PATIENCE = 120


class TerminalHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's generic is over its own configuration class
    """Called by hatchling before it builds; also for editable installations, so a checkout has the emulator as well."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch once; a folder that is there is left alone."""
        folder = Path(self.root, "page", "vendor", "xterm")
        if (folder / "index.js").is_file():
            return
        for fetch in (from_npm, from_wheel):
            if attempt(fetch, folder):
                return
        self.app.display_warning("xterm.js could not be fetched: the page will show terminals as plain text")


def attempt(fetch: Callable[[Path], None], folder: Path) -> bool:
    """Whether ``fetch`` filled ``folder``: all of it or nothing."""
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch, "xterm")
        made.mkdir()
        try:
            fetch(made)
        except (OSError, subprocess.SubprocessError, ValueError, KeyError, tarfile.TarError, zipfile.BadZipFile):
            return False
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(made, folder, dirs_exist_ok=True)
        return True


def from_npm(folder: Path) -> None:
    """The library's own packages, from the registry npm is set up with."""
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm")
    for package, checksum, files in NPM:
        with tempfile.TemporaryDirectory() as scratch:
            run([npm, "pack", "--silent", "--pack-destination", scratch, package], scratch)
            [archive] = Path(scratch).glob("*.tgz")
            if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != checksum:
                raise ValueError(f"{package} is not what it was")
            with tarfile.open(archive) as members:
                for source, name in files.items():
                    member = members.extractfile(f"package/{source}")
                    if member is None:
                        raise KeyError(source)
                    (folder / name).write_bytes(member.read())
    (folder / "index.js").write_text(NPM_MODULE, encoding="utf-8")


def from_wheel(folder: Path) -> None:
    """The same from a Python wheel. ``-I``: a build's isolated environment has no pip, the interpreter's own has."""
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch, "wanted.txt")
        wanted.write_text(WHEEL, encoding="utf-8")
        options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--dest", scratch]
        run([sys.executable, "-I", "-m", "pip", "download", *options, "--requirement", str(wanted)], scratch)
        [archive] = Path(scratch).glob("*.whl")
        with zipfile.ZipFile(archive) as members:
            script, styles = (members.read(WHEEL_FOLDER + name) for name in ("index.js", "xterm.css"))
    (folder / "index.js").write_bytes(script)
    (folder / "xterm.css").write_bytes(styles)
    # the library's licence stands at the head of its style sheet
    (folder / "LICENSE").write_bytes(styles[: styles.index(b"*/") + 2] + b"\n")


def run(command: list[str], folder: str) -> None:
    """Run a program quietly. Raises ``subprocess.SubprocessError`` when it fails or takes too long."""
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
