"""An agent of the user's own: its template as a command line, and real runs of it."""

import json
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.settings import AgentSettings
from maestrod.agents.shell.custom import CustomAdapter, command_line
from maestrod.api.errors import Unavailable
from maestrod.api.task import Strategy
from tests.agents.launches import request
from tests.agents.scripted_daemon import ScriptedDaemon
from tests.agents.worker_process import Finished, Place
from tests.core.prompts.manifests import task


def custom(*command: str, **more: Any) -> CustomAdapter:
    return CustomAdapter("mine", AgentSettings(command=command, **more))


def test_the_manifest_has_the_command_line_and_the_environment_the_user_passes() -> None:
    plan = custom("sh", "-c", "{prompt}").launch(request({"OPENAI_API_KEY": "sk"}, passed=("OPENAI_API_KEY",)))
    manifest = json.loads(plan.files["manifest.json"])
    assert manifest["taskCommand"] == 'sh -c "$MAESTRO_PROMPT"'
    assert plan.env["OPENAI_API_KEY"] == "sk" and "sk" not in " ".join(plan.argv)
    assert "manifest.md" in plan.files


def test_without_a_prompt_placeholder_the_prompt_is_standard_input() -> None:
    assert command_line(["llm", "-m", "big one"]) == "llm -m 'big one' < \"$MAESTRO_PROMPT_FILE\""
    assert command_line(["llm", "--file={prompt_file}", "{task_id}"]) == (
        'llm --file="$MAESTRO_PROMPT_FILE" "$MAESTRO_TASK_ID"'
    )


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1, max_size=5))
def test_every_word_stays_one_word_whatever_it_contains(words: list[str]) -> None:
    line = command_line(["printf", "%s\\0", *words, "{prompt}"])
    ran = subprocess.run(
        ["/bin/sh", "-c", line], env={"MAESTRO_PROMPT": "$(id) `id` 'x' \"y\"\n"}, stdout=subprocess.PIPE, check=True
    )
    expected = [*words, "{prompt}"]
    got = ran.stdout.decode().split("\0")[:-1]
    assert got == [word.replace("{prompt}", "$(id) `id` 'x' \"y\"\n") for word in expected] or any(
        "{" in word for word in words
    )


def test_a_missing_program_is_reported_before_anything_starts() -> None:
    missing = custom("no-such-program-here", "{prompt}")
    assert missing.detect().missing == (
        "`no-such-program-here` is not an executable program on the PATH; see command in [agents.mine] of your configuration"
    )
    with pytest.raises(Unavailable, match="no-such-program-here"):
        missing.launch(request({"PATH": "/usr/bin:/bin"}))
    assert custom("sh", description="My own").detect().description == "My own"
    assert custom("sh").detect().available


def run(here: Place, *command: str, **members: Any) -> Finished:
    return here.run(task_command=command_line(command), **members)


def test_a_task_is_passed_as_prompt_checked_and_reported(here: Place) -> None:
    program = here.project / "program"
    program.write_text('#!/bin/sh\nprintf "%s|%s" "$1" "$MAESTRO_TASK_ID" > "$MAESTRO_TASK_ID"\necho changed it\n')
    program.chmod(0o755)
    with ScriptedDaemon(here.socket) as daemon:
        ended = run(
            here,
            str(program),
            "{prompt}",
            tasks=(task("tsk_a", "never run", checks=("test -s tsk_a",)), task("tsk_b", checks=("false",))),
        )
    assert ended.code == 1
    [completed], [failed] = daemon.params("task.complete"), daemon.params("task.fail")
    assert completed["taskId"] == "tsk_a" and completed["summary"].startswith("1 command and 1 check")
    assert failed["taskId"] == "tsk_b" and "check ended with exit code 1" in failed["error"]
    prompt, _, task_id = (here.project / "tsk_a").read_text().rpartition("|")
    assert task_id == "tsk_a" and "these commands must succeed:\n    test -s tsk_a" in prompt


def test_a_queue_is_worked_through_with_the_same_program(here: Place) -> None:
    items = iter(["tsk_a", "tsk_b"])

    def answer(method: str, params: dict[str, Any]) -> Any:
        if method != "queue.next":
            return {}
        task_id = next(items, None)
        claimed = {
            "item": {"status": "claimed"},
            "task": {"id": task_id, "title": f"title of {task_id}", "initialPrompt": "do it"},
        }
        return claimed if task_id else {}

    with ScriptedDaemon(here.socket, answer) as daemon:
        ended = run(here, "sh", "-c", "cat > $MAESTRO_TASK_ID", strategy=Strategy.QUEUE)
    assert ended.code == 0
    assert [params["taskId"] for params in daemon.params("queue.complete")] == ["tsk_a", "tsk_b"]
    assert (here.project / "tsk_b").read_text() == "title of tsk_b\n\ndo it\n"


def test_a_prompt_too_long_for_an_argument_is_read_from_its_file(here: Place) -> None:
    long = task("tsk_a", title="x" * 200_000)
    with ScriptedDaemon(here.socket):
        ended = run(
            here, "sh", "-c", 'echo "$1"; wc -c < "$2"', "-", "{prompt}", "{prompt_file}",
            tasks=(long,),
        )  # fmt: skip
    assert ended.code == 0
    assert "Read the file" in ended.output and "200001" in ended.output


def test_a_prompt_that_cannot_be_written_fails_the_task(here: Place) -> None:
    with ScriptedDaemon(here.socket) as daemon:
        (here.folder / "prompt-tsk_a.md").mkdir()
        ended = run(here, "true", tasks=(task("tsk_a"),))
    assert ended.code == 1
    assert "the prompt cannot be written" in daemon.params("task.fail")[0]["error"]
