"""The command tree: help everywhere, usage errors as one message, errors of the daemon as exit codes."""

import json
from collections.abc import Iterator

import pytest

from maestroctl import app
from maestroctl.commands import NOUNS, SECTIONS, VERBS
from maestrod.api.errors import Busy, Conflict, NotFound, TimedOut, Unavailable
from tests.kit.clients.entities import TASK
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.kit.offenders import offenders
from tests.maestroctl.conftest import CommandLine

TOP = sorted({*VERBS, *NOUNS})


def test_help_lists_every_name_with_its_sentence(cli: CommandLine) -> None:
    outcome = cli("--help")
    assert outcome.code == 0
    for name in TOP:
        assert f"\n  {name} " in outcome.out


def test_help_groups_the_commands_by_what_a_user_does(cli: CommandLine) -> None:
    text = cli("--help").out
    headings = [text.index(f"\n{title}:\n") for title in SECTIONS]
    assert headings == sorted(headings)
    for start, end, names in zip(headings, [*headings[1:], len(text)], SECTIONS.values(), strict=True):
        assert [line.split()[0] for line in text[start:end].splitlines()[2:] if line] == list(names)


@pytest.mark.parametrize("noun, other", [("run", "list"), ("event", "subscribe")])
def test_help_of_a_noun_with_a_default_command_has_its_name_and_its_other_commands(
    cli: CommandLine, noun: str, other: str
) -> None:
    text = cli(noun, "--help").out
    assert text.startswith(f"Usage: maestroctl {noun} [OPTIONS]")
    assert f"\n  {other} " in text.partition("\nCommands:")[2]


def test_examples_in_help_are_lines_to_copy(cli: CommandLine) -> None:
    assert "\n      maestroctl run --plan plan.md --max-sessions 3\n" in cli("run", "--help").out


def test_every_command_has_help_with_its_full_path(cli: CommandLine) -> None:
    def faults(words: tuple[str, ...]) -> Iterator[str]:
        outcome = cli(*words, "--help")
        usage, _, rest = outcome.out.partition("\n\n")
        if outcome.code or not f"{usage} ".startswith(f"Usage: maestroctl {' '.join(words)} "):
            yield f"--help came to {outcome.code} and begins with {usage!r}"
        if not rest.strip()[:1].isupper():
            yield f"the help does not go on with a sentence: {rest[:80]!r}"

    verbs = [(name, verb) for name in TOP for verb in getattr(app.load(name), "commands", ())]
    assert len(verbs) > len(NOUNS)
    assert offenders({" ".join(words): words for words in [*((name,) for name in TOP), *verbs]}, faults) == {}


def test_a_line_without_arguments_is_a_usage_error_that_shows_help(cli: CommandLine) -> None:
    outcome = cli()
    assert outcome.code == 2
    assert "Usage: maestroctl [OPTIONS] COMMAND" in outcome.err


def test_a_wrong_word_suggests_the_right_one(cli: CommandLine) -> None:
    outcome = cli("statsu")
    assert outcome.code == 2
    assert "'status'" in outcome.err


def test_usage_errors_are_json_when_json_is_asked_for(cli: CommandLine) -> None:
    outcome = cli("logs", "--json")
    assert outcome.code == 2
    assert json.loads(outcome.err)["error"]["exitCode"] == 2
    assert outcome.out == ""


@pytest.mark.parametrize("error, code", [(NotFound, 1), (Conflict, 1), (Busy, 75), (TimedOut, 124), (Unavailable, 75)])
def test_errors_of_the_daemon_are_exit_codes(
    daemon: FakeDaemon, cli: CommandLine, error: type[NotFound], code: int
) -> None:
    daemon.on("task.get", error("a.b", "words"))
    outcome = cli("task", "get", TASK)
    assert (outcome.code, outcome.out) == (code, "")
    assert "words" in outcome.err


def test_without_a_daemon_the_exit_code_is_69(cli: CommandLine) -> None:
    assert cli("task", "list").code == 69


def test_a_bad_environment_is_exit_code_78(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAESTRO_HOME", "relative")
    assert cli("task", "list").code == 78


def test_ctrl_c_is_exit_code_130(cli: CommandLine, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("maestroctl.client.client.Client.request", interrupt)
    assert cli("task", "list").code == 130


def test_the_version_is_shown(cli: CommandLine) -> None:
    assert cli("--version").out.startswith("maestroctl ")


def test_run_takes_a_text_or_a_command(cli: CommandLine, daemon: FakeDaemon) -> None:
    daemon.on("run.list", {"items": []})
    assert cli("run", "list").out == "No results.\n"
    daemon.on("run.start", {"id": "run_1"})
    assert cli("run", "list everything", "--detach").out == "run_1\n"


def test_commands_are_created_on_demand() -> None:
    made: list[str] = []

    def make() -> object:
        made.append("a")
        return object()

    commands = app.Commands({"a": make})
    assert (list(commands), len(commands), "a" in commands, made) == (["a"], 1, True, [])
    assert commands["a"] is commands["a"]
    assert made == ["a"]
    commands["b"] = 1
    del commands["a"]
    assert list(commands.items()) == [("b", 1)]


def test_a_hand_made_command_wins_over_the_generated_one() -> None:
    assert "options" in {param.name for param in app.load("attention").commands["ask"].params}
    assert "wait" in {param.name for param in app.load("attention").commands["ask"].params}


def test_help_has_a_short_form_everywhere(cli: CommandLine) -> None:
    for words in ([], ["run"], ["task"], ["task", "list"], ["answer"], ["task", "start"]):
        assert cli(*words, "-h") == cli(*words, "--help"), words
