"""An agent of the user's own: a table in the configuration, and a run whose workers are that program."""

from pathlib import Path

import pytest

from tests.kit.daemons.daemon import Daemon, Json

#: Does what it is told when that is in its power: writes the file its prompt names.
PROGRAM = """#!/bin/sh
name=$(printf '%s' "$1" | sed -n 's/.*write \\([a-z]*\\).*/\\1/p' | head -n 1)
printf '%s %s' "$MODEL_KEY" "${OTHER_KEY:-none}" > "$name"
echo wrote "$name"
"""


def configure(daemon: Daemon, folder: Path) -> None:
    """A user with a program and a table for it."""
    program = folder / "writer"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    config = daemon.home / "config"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(
        f'[agents.writer]\ncommand = ["{program}", "{{prompt}}"]\nenv = ["MODEL_KEY"]\ndescription = "Writes files"\n'
    )


@pytest.mark.slow
def test_a_users_program_works_through_a_plan_and_its_checks_decide(
    daemon: Daemon, short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = short_folder / "w"
    folder.mkdir()
    configure(daemon, short_folder)
    monkeypatch.setenv("MODEL_KEY", "sk-model")
    monkeypatch.setenv("OTHER_KEY", "sk-other")
    daemon.start()
    [listed] = [agent for agent in daemon.every("agent.list") if agent["name"] == "writer"]
    assert listed["description"] == "Writes files" and listed.get("missing") is None
    good: Json = {"key": "a", "title": "write alpha", "prompt": "write alpha", "checks": ["test -s alpha"]}
    bad: Json = {"key": "b", "title": "write beta", "prompt": "write beta", "checks": ["grep -q gamma beta"]}
    for strategy in ("simple", "queue"):
        groups = [{"key": "g", "title": "g", "agent": "writer", "strategy": strategy, "subtasks": [good, bad]}]
        run = daemon.call("run.start", plan={"groups": groups}, workingDir=str(folder), agent="shell")
        assert daemon.finish_run(run["id"])["status"] == "failed"
        tasks = {
            task["title"]: task
            for task in daemon.call("task.tree", taskId=run["rootTaskId"])["tasks"]
            if task["parentId"] is not None
        }
        assert tasks["write alpha"]["status"] == "completed"
        assert tasks["write beta"]["status"] == "failed"
        assert "grep -q gamma beta" in tasks["write beta"]["attempts"][-1]["error"]
        assert (folder / "alpha").read_text() == "sk-model none"
        (folder / "alpha").unlink()
    daemon.finish_sessions()
    assert daemon.nothing_left()
