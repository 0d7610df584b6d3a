"""An unknown name is refused where it is given, with the known names."""

import pytest

from maestrod.api.project import ProjectSettings
from maestrod.core.values.agent_traits import SHELL, AgentTraits
from maestrod.core.values.policy import Policy
from maestrod.core.values.seen import FolderNames, Seen
from tests.kit.worlds.scenario import Call, Scenario, member, project, refused, task

AGENTS = {"shell": SHELL, "codex": AgentTraits()}
SEEN = Seen(known={"/tmp/shop": FolderNames(personas=frozenset({"critic"}), skills=frozenset({"review"}))})


def play() -> Scenario:
    return Scenario(policy=Policy(agents=AGENTS), seen=SEEN).given(project(), task("a"))


@pytest.mark.parametrize(
    "call, reason",
    [
        (Call("project.create", name="p", workingDir="/p", settings={"defaultAgent": "codx"}), "agent.unknown"),
        (Call("project.update", projectId="shop", settings={"defaultAgent": "codx"}), "agent.unknown"),
        (Call("task.create", title="b", projectId="shop", agent="codx"), "agent.unknown"),
        (Call("task.update", taskId="a", agent="codx"), "agent.unknown"),
        (Call("task.create", title="b", projectId="shop", skillIds=["review", "reviw"]), "skill.unknown"),
        (Call("task.update", taskId="a", skillIds=["reviw"]), "skill.unknown"),
        (Call("session.spawn", projectId="shop", agent="codx"), "agent.unknown"),
        (Call("session.spawn", projectId="shop", persona="critc"), "persona.unknown"),
        (Call("session.spawn", projectId="shop", skills=["review", "reviw"]), "skill.unknown"),
    ],
)
def test_unknown_names_are_refused(call: Call, reason: str) -> None:
    play().when(call).then(refused(reason))


def test_known_names_are_accepted() -> None:
    here = play().given(Call("project.update", projectId="shop", settings={"defaultAgent": "codex"}))
    here.given(Call("task.update", taskId="a", agent="codex"))
    here.given(Call("task.update", taskId="a", skillIds=["review"]))
    here.given(Call("session.spawn", projectId="shop", persona="critic", skills=["review"]))
    here.then(member("shop", "settings", ProjectSettings(default_agent="codex")), member("a", "agent", "codex"))


def test_the_error_lists_what_exists_and_what_is_near() -> None:
    here = play().when(Call("task.update", taskId="a", agent="codx"))
    assert here.refusal is not None
    assert here.refusal.message == "there is no agent 'codx'; known: codex, shell; did you mean `codex`?"
    assert here.refusal.details == {"path": "$.agent"}
