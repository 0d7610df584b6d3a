"""Hooks that outlive maestrod: real agents with installed hooks answer as before when the product is moved away."""

import dataclasses
import json
import subprocess
from pathlib import Path

import pytest

from tests.agents.real import users
from tests.agents.real.conftest import Place, agent_command
from tests.agents.real.test_claude import environ
from tests.agents.real.test_hooks_by_hand import LINES, settle
from tests.kit.daemons.product import copy_product, product_ctl
from tests.kit.patience import PATIENCE

pytestmark = pytest.mark.slow


def user_of(agent: str, place: Place) -> tuple[Place, dict[str, str], list[str]]:
    """The agent's user, what is in their environment, and how they have it do something."""
    if agent != "claude":
        made, variables = users.USERS[agent](place)
        settle(made.home, agent)
        return made, variables, LINES[agent]
    (place.home / ".claude.json").write_text(json.dumps({"hasCompletedOnboarding": True}))
    made = dataclasses.replace(place, programs=(agent_command("claude"),))
    return made, environ(made), ["-p", "look around", "--allowedTools=Bash"]


@pytest.mark.parametrize("agent", ["claude", "codex", "gemini", "opencode"])
def test_an_agent_answers_although_the_product_of_its_hooks_is_gone(place: Place, tmp_path: Path, agent: str) -> None:
    place, variables, line = user_of(agent, place)
    product = copy_product(tmp_path / "product")
    environment = {**place.environ, **variables, "SHELL": "/bin/sh"}
    decide = () if agent == "opencode" else ("--decide",)
    done = product_ctl(product, environment, "hooks", "install", "--agent", agent, *decide)
    assert done.returncode == 0, done.stderr
    product.rename(tmp_path / "gone")
    place.model.script = [{"shell": "ls"}, {"text": "looked around"}]
    [program] = place.programs
    ran = subprocess.run(
        [str(program), *line],
        cwd=place.project,
        env=environment,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
        check=False,
    )
    assert ran.returncode == 0 and b"looked around" in ran.stdout, ran
    assert b"blocked" not in ran.stderr and b"No such file" not in ran.stderr, ran.stderr
