"""The shell adapter: how it is started, how its end is judged."""

import json

import pytest

from maestrod.agents.shell.adapter import ShellAdapter
from maestrod.api.process import Exit
from maestrod.api.session import Role, Terminal
from maestrod.core.values.facts import Judgement
from tests.agents.launches import request
from tests.core.prompts.manifests import context

SHELL = ShellAdapter()


def test_the_session_files_are_the_manifest_for_programs_and_for_people() -> None:
    files = SHELL.launch(request()).files
    assert sorted(files) == ["manifest.json", "manifest.md"]
    assert json.loads(files["manifest.json"])["session"]["id"] == "ses_1" and files["manifest.md"].startswith(
        "# Checks"
    )


def test_an_orchestrator_gets_its_context_as_a_file() -> None:
    plan = SHELL.launch(request(role=Role.ORCHESTRATOR, terminal=Terminal.PIPE, context=context()))
    assert json.loads(plan.files["task-context.json"])["project"]["basePath"] == "/home/ada/shop"
    assert plan.terminal is Terminal.PIPE


@pytest.mark.parametrize(
    "ended, stop_requested, judgement",
    [
        (Exit(code=0), False, Judgement.COMPLETED),
        (Exit(code=0), True, Judgement.COMPLETED),
        (Exit(code=1), False, Judgement.FAILED),
        (Exit(code=143), False, Judgement.FAILED),
        (Exit(code=143), True, Judgement.STOPPED),
        (Exit(signal="KILL"), False, Judgement.FAILED),
        (Exit(signal="KILL"), True, Judgement.STOPPED),
        (Exit(), False, Judgement.FAILED),
    ],
)
def test_judgements(ended: Exit, stop_requested: bool, judgement: Judgement) -> None:
    assert SHELL.judge(ended, outcome=None, stop_requested=stop_requested) is judgement
