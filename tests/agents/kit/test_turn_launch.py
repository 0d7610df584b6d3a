"""The launch plan for one turn: standard input, working folder, and the differences on a terminal."""

import dataclasses

import pytest

from maestrod.agents.kit.turn_launch import turn_plan, working_dir
from maestrod.api.session import Terminal
from tests.agents.launches import request

LADDER = (("TERM", 1.0), ("KILL", 1.0))


@pytest.mark.parametrize("prompt, text", [("Go.", "Go."), (None, "")])
def test_a_headless_prompt_is_a_file_that_is_the_whole_standard_input(prompt: str | None, text: str) -> None:
    asked = dataclasses.replace(request(terminal=Terminal.PIPE), prompt=prompt)
    plan = turn_plan(asked, ["agent"], {"A": "b"}, {"manifest.json": "{}"}, LADDER)
    assert plan.stdin == "prompt.md" and plan.stream
    assert plan.files == {"manifest.json": "{}", "prompt.md": text}


def test_on_a_terminal_standard_input_is_the_users() -> None:
    plan = turn_plan(request(terminal=Terminal.PTY), ["agent"], {}, {}, LADDER, {"link": "/target"})
    assert plan.stdin is None and not plan.stream and plan.files == {}
    assert plan.links == {"link": "/target"} and plan.stop_ladder == LADDER


def test_a_turn_runs_in_the_sessions_folder_or_else_in_the_projects() -> None:
    assert working_dir(request(working_dir="/elsewhere")) == "/elsewhere"
    assert working_dir(request(working_dir=None)) == request().manifest.project.working_dir
