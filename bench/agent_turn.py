"""What hooks cost a real agent: a turn of Claude Code with 20 tool calls against the scripted model, with and without hooks."""

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from bench.daemon import daemon
from bench.table import Row, at_most, median_ratio, skipped
from maestrod.agents.claude.session_settings import settings
from maestrod.api.local.package_data import package_data
from tests.agents.real import pinned
from tests.kit.agents.fake_model import FakeModel

#: Tool calls in the turn.
TOOLS = 20


def measure(*, quick: bool) -> list[Row]:
    """Hooks of a terminal session (two reports per tool call) with and without a daemon, and hooks of a headless session."""
    claude = pinned.command("claude")
    if isinstance(claude, str):
        return [skipped("hooks", f"a turn of {TOOLS} tools", claude)]
    rounds = 3 if quick else 9
    rows = []
    with (
        daemon() as running,
        FakeModel([*({"shell": "true"} for _ in range(TOOLS)), {"text": "done"}]) as model,
        tempfile.TemporaryDirectory(prefix="m-") as folder,
    ):
        place = Path(folder)
        bare = _turn(claude, model, place, None, place)
        for what, template, home in (
            ("on a terminal", "terminal.json", running.home),
            ("on a terminal, no daemon", "terminal.json", place / "nobody"),
            ("headless", "stream.json", running.home),
        ):
            (place / template).write_text(settings(package_data("hooks"), template))
            ours = _turn(claude, model, place, place / template, home)
            ratio, own, floor = median_ratio(rounds, ours, bare)
            detail = f"{own:.2f} against {floor:.2f} s"
            rows.append(at_most("hooks", f"a turn of {TOOLS} tools, hooks {what}", ratio, 1.15, detail))
    return rows


def _turn(claude: Path, model: FakeModel, place: Path, hooks: Path | None, home: Path) -> Callable[[], float]:
    """A function that plays the turn and returns its seconds."""
    home.mkdir(exist_ok=True)
    env = {
        "PATH": os.defpath,
        "HOME": str(place),
        "MAESTRO_HOME": str(home),
        "IS_SANDBOX": "1",
        "ANTHROPIC_BASE_URL": model.url,
        "ANTHROPIC_API_KEY": "dummy",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    words = [str(claude), "-p", "go", "--output-format", "json", "--allowedTools=Bash"]
    words += [] if hooks is None else ["--settings", str(hooks)]

    def once() -> float:
        began = time.perf_counter()
        done = subprocess.run(
            [*words, "--session-id", str(uuid.uuid4())],
            env=env,
            cwd=place,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        seconds = time.perf_counter() - began
        if json.loads(done.stdout)["num_turns"] != TOOLS + 1:
            sys.exit(f"the turn differed from the script: {done.stdout.decode()} {done.stderr.decode()}")
        return seconds

    return once
