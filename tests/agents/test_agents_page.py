"""``docs/agents.md`` agrees with the adapters."""

from pathlib import Path

import pytest

from maestrod.agents.claude import launch as claude
from maestrod.agents.codex import launch as codex
from maestrod.agents.codex import program as codex_program
from maestrod.agents.gemini import launch as gemini
from maestrod.agents.kit.installed import Version, WantedProgram
from maestrod.agents.opencode import launch as opencode
from maestrod.agents.registry import ADAPTERS
from maestrod.agents.shell.launch import STOP_LADDER
from maestrod.api.session import Terminal
from maestrod.core.values.agent_traits import Turns
from tests.agents.real.pinned import pins

PAGE = (Path(__file__).parent.parent.parent / "docs/agents.md").read_text("utf-8")
NAMES = ("claude", "codex", "gemini", "opencode", "shell")
PROGRAMS: dict[str, WantedProgram | None] = {
    "claude": claude.PROGRAM,
    "codex": codex_program.PROGRAM,
    "gemini": gemini.PROGRAM,
    "opencode": opencode.PROGRAM,
    "shell": None,
}
LADDERS = {
    "claude": claude.STOP_LADDER,
    "codex": codex.STOP_LADDER,
    "gemini": gemini.STOP_LADDER,
    "opencode": opencode.STOP_LADDER,
    "shell": STOP_LADDER,
}
COME = {Turns.STREAM: "on its stream", Turns.PROCESS: "one process each", Turns.NONE: "never"}
HELD = {Terminal.PIPE: "pipes", Terminal.PTY: "a terminal"}


def row(title: str, cells: dict[str, str]) -> str:
    return f"| {title} | " + " | ".join(cells[name] for name in NAMES) + " |"


def version(number: Version) -> str:
    return ".".join(map(str, number))


def expected() -> list[str]:
    """The rows of the table."""
    traits = {name: ADAPTERS[name].traits for name in NAMES}
    supported = {
        name: f"{version(program.oldest)} to {program.before[0]}" if program else "any"
        for name, program in PROGRAMS.items()
    }
    return [
        row("", {name: name for name in NAMES}).replace("|  |", "| |", 1),
        row("prompts arrive, headless", {name: COME[known.turns] for name, known in traits.items()}),
        row("plans", {name: "yes" if known.plans else "with your own planner" for name, known in traits.items()}),
        row("resumes its conversation", {name: "yes" if known.resumes else "no" for name, known in traits.items()}),
        row("workers run on", {name: HELD[known.terminal] for name, known in traits.items()}),
        row("supported versions", supported),
        row("tested with", {name: program.tested if program else "" for name, program in PROGRAMS.items()}).replace(
            "|  |", "| |"
        ),
        row("stopped with", {name: ", ".join(sign for sign, _ in ladder) for name, ladder in LADDERS.items()}),
    ]


@pytest.mark.parametrize("line", expected())
def test_the_table_matches_the_adapters(line: str) -> None:
    assert line in PAGE.splitlines()


def test_every_built_in_agent_is_in_it() -> None:
    assert set(ADAPTERS) == set(NAMES)


def test_the_versions_are_those_the_tests_are_pinned_to() -> None:
    tested = {name: program.tested for name, program in PROGRAMS.items() if program is not None}
    assert tested == {name: pin.version for name, pin in pins().items()}
