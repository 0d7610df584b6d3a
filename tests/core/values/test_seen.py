"""What a decision sees of the outside world: the given observations; for missing ones it asks and changes nothing."""

from collections.abc import Callable

import pytest

from maestrod.api.errors import MaestroError
from maestrod.api.project import FolderIdentity
from maestrod.api.protocol.registry import METHODS
from maestrod.core.values.folders import Place, as_written
from maestrod.core.values.seen import BLIND, FolderNames, FoldersAt, NamesIn, PlaceAt, Question, Seen, Unseen
from tests.core.looks import answer
from tests.kit.worlds.scenario import Call, Scenario, group, project, refused, run_of, subtask, task

HERE = FolderIdentity(device=1, inode=2, boot_id="b")
EYES = Seen(looks=True)


def test_without_a_look_paths_are_taken_as_written_and_no_skills_are_known() -> None:
    assert BLIND.place("/a/../b") == as_written("/b")
    assert (BLIND.identities(["/a"]), BLIND.names("/a")) == ({}, FolderNames())


def test_missing_observations_are_requested() -> None:
    asking: list[tuple[Callable[[], object], Question]] = [
        (lambda: EYES.place("/a"), PlaceAt("/a")),
        (lambda: EYES.identities(["/a", "/b"]), FoldersAt(("/a", "/b"))),
        (lambda: EYES.names("/a"), NamesIn("/a")),
        (lambda: EYES.names(None), NamesIn(None)),
    ]
    for ask, question in asking:
        with pytest.raises(Unseen) as unseen:
            ask()
        assert unseen.value.question == question


def test_observations_add_up() -> None:
    seen = EYES.joined(Seen(places={"/l": Place("/a", ("/a", "/"))})).joined(Seen(folders={"/a": HERE, "/b": None}))
    seen = seen.joined(Seen(known={"": FolderNames(skills=frozenset({"s"}))}))
    assert seen.looks
    assert seen.place("/l").path == "/a"
    assert seen.identities(["/b", "/a"]) == {"/a": HERE}
    assert seen.names(None).skills == {"s"}


def look_and_decide(play: Scenario, call: Call) -> list[Question]:
    """Play a call by somebody who can look; the questions that were asked. Each changed nothing."""
    asked: list[Question] = []
    play.seen = EYES
    while True:
        before = play.world.dump(), play.world.seq
        try:
            play.when(call)
        except Unseen as unseen:
            question = unseen.question
        else:
            return asked
        assert (play.world.dump(), play.world.seq) == before
        assert question not in asked
        asked.append(question)
        play.seen = play.seen.joined(answer(question))


@pytest.mark.parametrize(
    "call, kinds",
    [
        (Call("task.create", title="b", projectId="shop"), []),
        (Call("task.create", title="b", projectId="shop", agent="shell"), []),
        (Call("task.create", title="b", projectId="shop", skillIds=["review"]), [NamesIn]),
        (Call("session.spawn", projectId="shop", skills=["review"]), [FoldersAt, NamesIn]),
        (Call("project.create", name="p", workingDir="/p"), [PlaceAt, FoldersAt]),
        (Call("project.update", projectId="shop", workingDir="/p"), [PlaceAt, FoldersAt]),
        (Call("plan.submit", taskId="a", plan={"groups": [group("g", subtask("s"))]}), [NamesIn]),
        (run_of(group("g", subtask("s"))), [PlaceAt, FoldersAt, NamesIn]),
        (Call("run.start", taskId="a"), []),
    ],
)
def test_a_call_requests_exactly_what_it_needs(call: Call, kinds: list[type[Question]]) -> None:
    play = Scenario().given(project(), task("a"))
    assert [type(question) for question in look_and_decide(play, call)] == kinds
    assert play.refusal is None and call.method in METHODS


def test_a_missing_skill_is_refused_after_the_check() -> None:
    play = Scenario().given(project())
    look_and_decide(play, Call("task.create", title="b", projectId="shop", skillIds=["reviw"]))
    play.then(refused("skill.unknown"))
    assert isinstance(play.refusal, MaestroError) and "did you mean `review`?" in play.refusal.message
