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
#: Stands between the outputs of two commands; a page runs in one shell, so that it may set variables.
_MARK = "@@ next command @@"
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SAVED = re.compile(r"^````markdown\n(.*?)^````$\n\nSaved as `([^`]+)`", re.MULTILINE | re.DOTALL)


def commands(page: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of a page and the lines they are said to print."""
    for block in _BLOCK.findall(page):
        command, output = "", list[str]()
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
    parts = [r"(?:.*\n)*?" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + r"\n" for line in lines]
    return r"\A" + "".join(parts) + r"\Z"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder with a home for a daemon, which is stopped at the end."""
    place = Path(tempfile.mkdtemp(prefix="md."))
    yield place
    run("maestroctl --no-autostart daemon stop --sessions stop", place)
    shutil.rmtree(place)


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
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
        ["/bin/sh", "-c", script], cwd=work, env=env, capture_output=True, text=True, timeout=100, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_commands_of_a_page_print_what_it_says(page: str, folder: Path) -> None:
    text = (ROOT / page).read_text()
    (folder / "work").mkdir()
    for content, name in _SAVED.findall(text):
        (folder / "work" / name).write_text(content)
    shown = list(commands(text))
    done = run("".join(f"{command}\necho {_MARK}\n" for command, _ in shown), folder)
    printed = done.stdout.split(f"{_MARK}\n")
    for (command, expected), output in zip(shown, printed, strict=False):
        assert re.search(pattern(expected), output), f"{page}: $ {command}\n{output}\n{done.stderr}"
    assert len(printed) == len(shown) + 1, f"{page}: not every command was run\n{done.stderr}"
