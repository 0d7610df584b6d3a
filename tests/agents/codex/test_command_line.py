"""Codex's arguments: configuration for this run, and trust in our own hooks only."""

import tomllib
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.codex import command_line
from maestrod.agents.kit.hook_template import filled
from tests.agents.launches import HOOKS

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
VALUES = st.recursive(st.booleans() | st.integers(-1000, 1000) | TEXT, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8)  # fmt: skip


def settings(arguments: list[str]) -> dict[str, Any]:
    """What Codex makes of ``-c name=value``: the name is a dotted path, the value TOML."""
    assert arguments[::2] == ["-c"] * (len(arguments) // 2)
    found: dict[str, Any] = {}
    for argument in arguments[1::2]:
        name, _, value = argument.partition("=")
        *path, last = name.split(".")
        place = found
        for part in path:
            place = place.setdefault(part, {})
        place[last] = tomllib.loads(f"value = {value}")["value"]
    return found


@given(VALUES)
def test_values_are_toml_on_one_line(value: Any) -> None:
    assert tomllib.loads(f"value = {command_line.toml(value)}")["value"] == value
    assert "\n" not in command_line.toml(value)


def test_the_hash_equals_the_one_of_codex() -> None:
    """Recorded from ``hooks/list`` of the app server of 0.169.0."""
    handler = {"type": "command", "command": "/usr/bin/python3 /tmp/a2x/rec.py PreToolUse", "timeout": 5}
    expected = "sha256:4ce080b91a03458af1b9684c0c100caf3ca447176cc2a927495b2651bc54fcfb"
    assert command_line.trust_hash("pre_tool_use", {}, handler) == expected


def test_each_of_our_hooks_is_marked_as_trusted() -> None:
    hooks = settings(command_line.hooks(filled(HOOKS, "codex", "terminal.json")))["hooks"]
    state = hooks.pop("state")
    assert set(state) == {f"/<session-flags>/config.toml:{command_line.label(name)}:0:0" for name in hooks}
    commands = [handler["command"] for groups in hooks.values() for group in groups for handler in group["hooks"]]
    assert all(str(HOOKS) in command and " -I -S " in command for command in commands)


def test_headless_hooks_report_only_what_the_stream_does_not() -> None:
    hooks = settings(command_line.hooks(filled(HOOKS, "codex", "stream.json")))["hooks"]
    assert set(hooks) == {"state", "PostCompact", "SubagentStart", "SubagentStop"} and len(hooks["state"]) == 3


def test_hooks_at_the_end_of_a_session_keep_to_their_second() -> None:
    template = filled(HOOKS, "codex", "terminal.json")["hooks"]
    assert {template[name][0]["hooks"][0]["timeout"] for name in ("SessionEnd", "Interrupt")} == {1}


def test_maestroctl_is_found_and_reaches_the_daemon_from_inside_the_sandbox() -> None:
    written = settings(command_line.reporting("/ours:/usr/bin"))
    assert written["sandbox_workspace_write"] == {"network_access": True} and written["allow_login_shell"] is False
    assert written["shell_environment_policy"]["set"] == {"PATH": "/ours:/usr/bin"}


def test_trusted_folders_are_read() -> None:
    assert settings(command_line.trusting([Path("/a b/c.d")])) == {"projects": {"/a b/c.d": {"trust_level": "trusted"}}}
    assert command_line.trusting([]) == []
