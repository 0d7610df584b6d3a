"""Every command a page shows is run, in order, against a real daemon, and prints what the page says it prints.

In ``console`` blocks a line that begins with ``$ `` is a command (``> `` continues it), the lines after it are its output; ``…``
stands for anything, within a line or, alone, for any number of lines. Blocks of a page share one folder and one daemon.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SAVED = re.compile(r"^````markdown\n(.*?)^````$\n\nSaved as `([^`]+)`", re.MULTILINE | re.DOTALL)


def commands(page: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of a page and the lines they are said to print."""
    for block in _BLOCK.findall(page):
        command, output = "", []
        for line in block.splitlines():
            if line.startswith("$ "):
                if command:
                    yield command, output
                command, output = line[2:], []
            elif line.startswith("> "):
                command += "\n" + line[2:]
            else:
                output.append(line)
        yield command, output


def pattern(lines: list[str]) -> str:
    """A regular expression for output lines in which ``…`` stands for anything."""
    parts = [
        r"(?:.*\n)*?" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + r"\n" for line in lines
    ]
    return r"\A" + "".join(parts) + r"\Z"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder with a home for a daemon, which is stopped at the end."""
    place = Path(tempfile.mkdtemp(prefix="md."))
    yield place
    run("maestroctl --no-autostart daemon stop --sessions stop", place)
    shutil.rmtree(place)


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "MAESTRO_HOME": str(folder / "home"),
        "COLUMNS": "120",
        "LANG": "C.UTF-8",
    }
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return subprocess.run(
        ["/bin/sh", "-c", command], cwd=work, env=env, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_commands_of_a_page_print_what_it_says(page: str, folder: Path) -> None:
    text = (ROOT / page).read_text()
    (folder / "work").mkdir()
    for content, name in _SAVED.findall(text):
        (folder / "work" / name).write_text(content)
    script = ""
    for command, expected in commands(text):
        before = len(run(f"{script} true", folder).stdout) if script else 0
        done = run(f"{script}{command}\n", folder)
        assert re.search(pattern(expected), done.stdout[before:]), (
            f"{page}: $ {command}\n{done.stdout[before:]}\n{done.stderr}"
        )
        if re.match(r"\w+=", command):
            script += command.split("\n")[0] + "\n" if "$(" not in command else _settled(command, folder)


def _settled(command: str, folder: Path) -> str:
    """An assignment with the value it got, so that what follows sees it and it is not run again."""
    name = command.partition("=")[0]
    value = run(f"{command}\nprintf %s \"${name}\"", folder).stdout
    return f"{name}='{value}'\n"
