"""Every command a page shows is run, in order, against a real daemon, and prints what the page says it prints.

In ``console`` blocks a line that begins with ``$ `` is a command (``> `` continues it), the lines after it are its output; ``…``
stands for anything, within a line or, alone, for any number of lines. A fenced block that is followed by "Saved as `NAME`" is
a file. What runs together shares one empty home and one daemon: a page, or each section (``## …``) of a page in ``GUIDES``.

``PATHS`` are the goals a new user has, each with the section that leads there. Where a section names a coding agent, the real one
runs, with the scripted model as its vendor.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.agents.real.conftest import Place, agent_command
from tests.agents.real.flow import group, worker
from tests.agents.real.users import codex
from tests.kit.agents.fake_model import FakeModel

ROOT = Path(__file__).resolve().parents[2]
#: Stands between the outputs of two commands; what runs together runs in one shell, so that it may set variables.
_MARK = "@@ next command @@"
#: Programs that pages use and a machine may lack.
_PROGRAMS = ("curl", "git")
#: Pages whose sections are read one by one, by users with a goal.
GUIDES = ("docs/quickstart.md", "docs/cookbook.md", "docs/troubleshooting.md", "docs/planner.md", "docs/service.md")
#: What a new user wants, and the section that says how.
PATHS = {
    "retry what failed": ("docs/troubleshooting.md", "A task failed"),
    "approve a command": ("docs/quickstart.md", "Approve a command"),
    "mend a daemon that does not start": ("docs/troubleshooting.md", "The daemon does not start"),
    "write a planner": ("docs/planner.md", "A planner in Python"),
    "use Codex": ("docs/quickstart.md", "Use Codex"),
    "free a stuck agent": ("docs/troubleshooting.md", "An agent is stuck"),
    "find the logs": ("docs/troubleshooting.md", "Where the logs are"),
    "upgrade with live sessions": ("docs/service.md", "Upgrade"),
    "uninstall without a trace": ("docs/service.md", "Uninstall"),
}
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: Other pages that show commands.
PAGES = sorted(
    page
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    if (page := path.relative_to(ROOT).as_posix()) not in GUIDES and _BLOCK.search(path.read_text())
)
_SAVED = re.compile(r"^(`{3,4})\w+\n((?:(?!^\1$).*\n)*)^\1$\n\nSaved as `([^`]+)`", re.MULTILINE)


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


def sections(page: str) -> dict[str, str]:
    """The sections of a page by their headings; what is in a fenced block is no heading."""
    found, heading, fence = dict[str, str](), "", ""
    for line in page.splitlines(keepends=True):
        if fence:
            fence = "" if line.rstrip() == fence else fence
        elif line.startswith("```"):
            fence = line[: len(line) - len(line.lstrip("`"))]
        elif line.startswith("## "):
            heading = line[3:].rstrip()
        found[heading] = found.get(heading, "") + line
    found.pop("", None)
    return found


class User(NamedTuple):
    """Who reads: a folder with an empty home, a folder to work in, and what else is in the environment."""

    folder: Path
    environ: dict[str, str]

    def types(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run lines of a shell."""
        env = {
            "HOME": str(self.folder / "home"),
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "COLUMNS": "120",
            "LANG": "C.UTF-8",
            **self.environ,
            "PATH": ":".join(
                filter(None, [self.environ.get("PATH"), str(Path(sys.executable).parent), os.environ["PATH"]])
            ),
        }
        return subprocess.run(
            ["/bin/sh", "-c", script],
            cwd=self.folder / "work",
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def reads(self, where: str, text: str) -> None:
        """Save the files of a text, run its commands and compare what they print."""
        for _, content, name in _SAVED.findall(text):
            (self.folder / "work" / name).write_text(content)
        shown = list(commands(text))
        for program in _PROGRAMS:
            if any(re.search(rf"\b{program} ", command) for command, _ in shown) and shutil.which(program) is None:
                pytest.skip(f"{where} uses {program}, which is not installed")
        done = self.types("".join(f"{command}\necho {_MARK}\n" for command, _ in shown))
        printed = done.stdout.split(f"{_MARK}\n")
        for (command, expected), output in zip(shown, printed, strict=False):
            assert re.search(pattern(expected), output), f"{where}: $ {command}\n{output}\n{done.stderr}"
        assert len(printed) == len(shown) + 1, f"{where}: not every command was run\n{done.stderr}"


Json = dict[str, Any]


def _installed(user: User, name: str, model: FakeModel) -> Place:
    """A coding agent on the user's PATH, alone; skips, with the reason, where it is not installed."""
    (user.folder / "bin" / name).symlink_to(agent_command(name))
    return Place(user.folder / "home", user.folder / "work", model)


def claude_user(user: User, model: FakeModel) -> dict[str, str]:
    """A user of Claude Code. Asked to greet with Python, its worker wants to run a command that nobody allowed yet."""
    _installed(user, "claude", model)
    written = {"tool": "Write", "input": {"file_path": str(user.folder / "work/hello.txt"), "content": "hello\n"}}
    model.script = _script(written, {"shell": "python3 -c 'print(\"hello\")' > hello.txt"})
    quiet = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "CLAUDE_CODE_MAX_RETRIES": "0", "IS_SANDBOX": "1"}
    return {**quiet, "ANTHROPIC_BASE_URL": model.url, "ANTHROPIC_API_KEY": "dummy"}


def codex_user(user: User, model: FakeModel) -> dict[str, str]:
    """A user of Codex."""
    step = {"shell": "echo hello > hello.txt"}
    model.script = _script(step, step)
    return codex(_installed(user, "codex", model))[1]


def _script(write: Json, greet: Json) -> Json:
    """A model that plans one task and does it."""
    titles = {"Say hello": write, "Greet": greet}
    planners = [
        {
            "match": f"(?s)You are an orchestrator.*{request}",
            "steps": [{"json": {"groups": [group("hello", title)]}}, {"text": "ok"}],
        }
        for request, title in (("Greet with Python", "Greet"), ("Write a hello.txt", "Say hello"))
    ]
    workers = [worker(title, step, summary="hello.txt says hello") for title, step in titles.items()]
    return {"prompts": [*planners, *workers], "default": [{"text": "ok"}]}


#: The users of sections that need a coding agent.
AGENTS: dict[str, Callable[[User, FakeModel], dict[str, str]]] = {
    "Check the installation": claude_user,
    "The first run": claude_user,
    "Watch": claude_user,
    "Approve a plan": claude_user,
    "Approve a command": claude_user,
    "Use Codex": codex_user,
    "Give the work to Codex": codex_user,
    "Stop": claude_user,
}


@pytest.fixture
def user() -> Iterator[User]:
    """Somebody who has just installed maestrod; their daemon is stopped at the end."""
    folder = Path(tempfile.mkdtemp(prefix="md."))
    for name in ("home", "work", "run", "bin"):
        (folder / name).mkdir(mode=0o700)
    made = User(folder, {"PATH": str(folder / "bin")})
    yield made
    made.types("maestroctl --no-autostart daemon stop --sessions stop")
    shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_commands_on_a_docs_page_print_what_it_says(page: str, user: User) -> None:
    user.environ["MAESTRO_HOME"] = str(user.folder / "home")
    user.reads(page, (ROOT / page).read_text())


GUIDED = [
    (page, heading)
    for page in GUIDES
    for heading, text in sections((ROOT / page).read_text()).items()
    if _BLOCK.search(text)
]


@pytest.mark.slow
@pytest.mark.parametrize("page, heading", GUIDED, ids=[f"{page}: {heading}" for page, heading in GUIDED])
def test_every_section_of_a_guide_works_from_an_empty_home(page: str, heading: str, user: User) -> None:
    text = sections((ROOT / page).read_text())[heading]
    with FakeModel() as model:
        if agent := AGENTS.get(heading):
            user.environ.update(agent(user, model))
        user.reads(f"{page}: {heading}", text)


def test_every_path_is_a_section_with_commands() -> None:
    assert not set(PATHS.values()) - set(GUIDED)


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "README.md").read_text()
    assert not [path.name for path in (ROOT / "docs").glob("*.md") if f"(docs/{path.name})" not in index]
