"""A task as a prompt: everything that matters, in a private file."""

import stat
from pathlib import Path

from maestrod.agents.shell.worker.prompt import PATH_VARIABLE, TEXT_VARIABLE, prompt, variables

TASK = {
    "id": "tsk_a",
    "title": "Add a flag",
    "description": "It prints JSON.",
    "initialPrompt": "Use the parser in shop/csv.py.",
    "paths": ["shop/**"],
    "checks": ["make test"],
    "lastError": "2 tests failed",
}


def test_a_prompt_says_what_to_do_what_must_pass_and_what_went_wrong() -> None:
    assert prompt(TASK) == (
        "Add a flag\n\nIt prints JSON.\n\nUse the parser in shop/csv.py.\n\nChange only what matches: shop/**\n\n"
        "When you are done these commands must succeed:\n    make test\n\nThe last attempt failed: 2 tests failed\n"
    )
    assert prompt({"id": "tsk_a", "title": "Only this", "description": " "}) == "Only this\n"
    claimed = {
        "id": "tsk_a",
        "title": "Again",
        "attempts": [{"attempt": 1, "error": "old"}, {"attempt": 2, "error": "new"}],
    }
    assert prompt(claimed) == "Again\n\nThe last attempt failed: new\n"


def test_the_file_is_private_and_the_variables_name_it(tmp_path: Path) -> None:
    passed = variables(TASK, str(tmp_path))
    path = Path(passed[PATH_VARIABLE])
    assert path.read_text() == passed[TEXT_VARIABLE] == prompt(TASK)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_nul_in_a_title_does_no_harm(tmp_path: Path) -> None:
    assert "\0" not in variables({**TASK, "title": "a\0b"}, str(tmp_path))[TEXT_VARIABLE]
