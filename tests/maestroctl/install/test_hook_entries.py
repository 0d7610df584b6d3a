"""Our hooks in a settings document: added beside others and removed without a trace, whatever the document looks like."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestroctl.install.hook_entries import MARK, PLUGIN, Unsuitable, add_hooks, installed, remove_hooks
from maestroctl.install.jsonc import Invalid, parse
from tests.kit.jsonc_texts import texts


def ours(event: str) -> str:
    return f"/bin/sh /opt/hooks/event.sh /usr/bin/python3 /usr/bin/nc /run/s {MARK} --agent claude --event {event}"


def group(event: str, **more: Any) -> dict[str, Any]:
    return {**more, "hooks": [{"type": "command", "command": ours(event), "timeout": 10}]}


HOOKS = {
    "SessionStart": [group("SessionStart", matcher="startup|resume")],
    "Stop": [group("Stop")],
    "PreToolUse": [group("PreToolUse"), group("PreToolUse", matcher="Bash")],
}


@given(st.booleans().flatmap(lambda comments: st.tuples(st.just(comments), texts(comments=comments))))
def test_install_and_uninstall_restore_the_file_byte_for_byte(made: tuple[bool, tuple[Any, str]]) -> None:
    comments, (document, text) = made
    changed = add_hooks(text, HOOKS, comments=comments)
    others = document.get("hooks", {})
    expected = {event: [*others.get(event, []), *HOOKS.get(event, [])] for event in {**others, **HOOKS}}
    assert parse(changed, comments=comments).data == {**document, "hooks": expected}
    assert {event: len(found) for event, found in installed(changed, comments=comments).items()} == {
        "SessionStart": 1, "Stop": 1, "PreToolUse": 2,
    }  # fmt: skip
    assert remove_hooks(changed, comments=comments) == text


@given(texts(comments=True), st.sampled_from(["before", "after", "into"]))
def test_members_changed_by_a_person_meanwhile_stay(made: tuple[Any, str], where: str) -> None:
    document, text = made
    changed = parse(add_hooks(text, HOOKS, comments=True), comments=True).data
    if where == "before":
        changed = {"theirs": 1, **changed}
    elif where == "after":
        changed["theirs"] = 1
    else:
        changed["hooks"]["Stop"].insert(0, {"hooks": [{"type": "command", "command": "say done"}]})
        changed["hooks"]["Stop"][-1]["hooks"].append({"type": "command", "command": "say more"})
    left = json.loads(remove_hooks(json.dumps(changed, indent=1), comments=True))
    assert installed(json.dumps(left), comments=False) == {}
    assert {name: value for name, value in left.items() if name not in {"theirs", "hooks"}} == {
        name: value for name, value in document.items() if name != "hooks"
    }
    if where == "into":
        commands = [handler["command"] for each in left["hooks"]["Stop"] for handler in each["hooks"]]
        assert commands[0] == "say done" and commands[-1] == "say more"
    else:
        assert left["theirs"] == 1


def test_an_added_entry_is_formatted_like_the_rest_of_the_document() -> None:
    text = '{\n  "model": "opus", // the big one\n  "hooks": {\n    "Stop": [\n      { "hooks": [] }\n    ]\n  }\n}\n'
    changed = add_hooks(text, {"Stop": [group("Stop")], "Start": [group("Start")]}, comments=True)
    assert '"model": "opus", // the big one\n' in changed
    assert '      { "hooks": [] },\n      {\n        "hooks": [\n' in changed
    assert '\n    ],\n    "Start": [\n      {\n' in changed


@pytest.mark.parametrize(
    "text, error",
    [
        ("", Invalid),
        ('{"hooks": ', Invalid),
        ("[]", Unsuitable),
        ('{"hooks": []}', Unsuitable),
        ('{"hooks": {"Stop": {}}}', Unsuitable),
        ('{"hooks": {}, "hooks": {}}', Unsuitable),
    ],
)
def test_places_without_hooks_are_refused(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        add_hooks(text, HOOKS, comments=True)


def test_hooks_of_others_are_never_taken_for_ours() -> None:
    others = ["python event.py --agent x", f"echo {MARK}", f"my-event.python {MARK}", None, 7]
    text = json.dumps({"hooks": {"Stop": [{"hooks": [{"command": command} for command in others]}, "odd", {}]}})
    assert installed(text, comments=False) == {}
    assert remove_hooks(text, comments=False) == text


@given(st.booleans().flatmap(lambda comments: st.tuples(st.just(comments), texts(comments=comments))), st.booleans())
def test_a_plugin_goes_in_and_out_without_a_trace(made: tuple[bool, tuple[Any, str]], others: bool) -> None:
    comments, (document, text) = made
    if others:
        document = {**document, "plugin": ["theirs"] if len(text) % 2 else []}
        text = json.dumps(document, indent=2 if len(text) % 3 else None)
    place = f"file:///opt/a{PLUGIN}"
    changed = add_hooks(text, place, comments=comments)
    assert parse(changed, comments=comments).data == {**document, "plugin": [*document.get("plugin", []), place]}
    assert installed(changed, comments=comments) == {"plugin": [place]}
    assert remove_hooks(changed, comments=comments) == text


def test_a_plugin_belongs_in_a_list() -> None:
    with pytest.raises(Unsuitable, match="not a list"):
        add_hooks('{"plugin": "x"}', f"file:///opt{PLUGIN}", comments=True)
