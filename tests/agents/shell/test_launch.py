"""How the worker is started, whatever it will run."""

import sys
from pathlib import Path

from maestrod.agents.shell.launch import worker_plan
from maestrod.agents.shell.worker import command
from maestrod.api.session import Terminal
from tests.agents.launches import request


def test_the_worker_is_started_by_path_and_isolated() -> None:
    plan = worker_plan(request(), {"manifest.json": "{}"})
    assert plan.argv[:5] == (sys.executable, "-I", "-S", "-X", "utf8")
    assert Path(plan.argv[5]).is_absolute() and Path(plan.argv[5]).is_file()
    assert plan.cwd == "/home/ada/shop" and plan.terminal is Terminal.PTY
    assert plan.env["MAESTRO_SESSION_TOKEN"] == "ses_1.2.secret" and plan.files == {"manifest.json": "{}"}


def test_a_pager_does_not_wait_for_a_key_without_a_user() -> None:
    env = worker_plan(request(), {}).env
    assert (env["PAGER"], env["GIT_PAGER"]) == ("cat", "cat")


def test_the_ladder_is_longer_than_the_grace_of_a_command() -> None:
    ladder = worker_plan(request(), {}).stop_ladder
    assert ladder[0][0] == "TERM" and ladder[0][1] > command.GRACE and ladder[-1][0] == "KILL"
