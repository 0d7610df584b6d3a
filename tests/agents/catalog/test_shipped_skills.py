"""The shipped skills are correct: their commands exist, the example plan passes, and their members are the contract's."""

import json
import re
from pathlib import Path

import msgspec
import pytest

from maestrod.api.local.package_data import package_data
from maestrod.api.plan import PlanGroup, PlanSubtask
from maestrod.api.protocol.registry import METHODS
from maestrod.api.session import Role
from maestrod.api.task import Strategy
from maestrod.core.plan.lint import KnownNames, lint
from maestrod.core.prompts.manifest import reporting

NAMES = set(METHODS)
HAND_MADE = {"why"}
TEXTS = sorted(package_data("skills").rglob("*.md"))


def commands(text: str) -> list[str]:
    """Every ``maestroctl noun verb`` (or hand-made verb) in a text."""
    found = re.findall(r"maestroctl ([a-z]+)(?: ([a-z]+))?", text)
    return [noun if noun in HAND_MADE else f"{noun}.{verb}" for noun, verb in found if verb or noun in HAND_MADE]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: "/".join(path.parts[-2:]))
def test_every_command_exists(path: Path) -> None:
    code = "\n".join(re.findall(r"`[^`\n]+`", path.read_text("utf-8")))
    assert [name for name in commands(code) if name not in NAMES | HAND_MADE] == []


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("strategy", Strategy)
def test_every_command_of_a_manifest_exists(role: Role, strategy: Strategy) -> None:
    commands_shown = reporting(role, strategy)
    assert commands_shown and all(meaning for meaning in commands_shown.values())
    assert [name for command in commands_shown for name in commands(command) if name not in NAMES] == []
    assert all(commands(command) for command in commands_shown)


def orchestrator() -> str:
    return (package_data("skills") / "maestro-orchestrator" / "SKILL.md").read_text("utf-8")


def test_the_example_plan_passes_without_a_warning() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", orchestrator(), re.DOTALL)
    report = lint(json.loads(example), KnownNames(agents=frozenset({"shell"})))
    assert report.ok and report.diagnostics == ()
    assert report.waves == (("limiter", "docs"), ("routes",), ("whole",))


def test_every_member_of_a_plan_is_named() -> None:
    text = orchestrator()
    for struct in (PlanGroup, PlanSubtask):
        for field in msgspec.structs.fields(struct):
            assert f"`{field.encode_name}`" in text
