"""From a session to a launch spec: files only inside its folder, the agent's input, the prompt of a start."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.settings import AgentSettings
from maestrod.api.errors import Malformed
from maestrod.api.local.daemon_lock import boot_id
from maestrod.api.message import Message, MessageKind, MessageStatus
from maestrod.api.session import Role, Session, SessionStatus, Terminal
from maestrod.config import Config
from maestrod.core.values.agent_traits import AgentTraits, Turns
from maestrod.core.world.world import World
from maestrod.sessions.fake_machine import FakeMachine
from maestrod.sessions.spec import LaunchSpec
from maestrod.supervisor import launching, workplace
from maestrod.supervisor.launching import _inside, launch_message, make_links, write_files
from tests.kit.agents.talker import Talker
from tests.kit.parts.supervised import House, house


def test_files_are_private_whole_and_nested(tmp_path: Path) -> None:
    folder = tmp_path / "ses_a"
    write_files(folder, {"manifest.json": "{}", "plugin/skills/cli/SKILL.md": "skill"})
    skill = folder / "plugin" / "skills" / "cli" / "SKILL.md"
    assert skill.read_text() == "skill"
    assert stat.S_IMODE(skill.stat().st_mode) == 0o600
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, *skill.parents[:3])} == {0o700}
    write_files(folder, {"manifest.json": "[]"})
    assert (folder / "manifest.json").read_text() == "[]"
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == ["SKILL.md", "manifest.json"]


@pytest.mark.parametrize(
    "name",
    ["../escape", "a/../../escape", "/etc/escape", "", ".", "a\0b", "output/1.log", "shim.sock", "exit-1.json"],
)
def test_file_names_lead_neither_out_of_the_folder_nor_to_custodys_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(Malformed, match="cannot be called"):
        write_files(tmp_path / "ses_a", {name: "x"})


def test_links_are_created_where_nothing_exists(tmp_path: Path) -> None:
    folder = tmp_path / "ses_a"
    write_files(folder, {"home/settings.json": "{}"})
    make_links(folder, {"home/tmp": "/elsewhere", "home/settings.json": "/elsewhere", "home/deep/x": "/there"})
    make_links(folder, {"home/tmp": "/another"})
    assert (folder / "home/tmp").readlink() == Path("/elsewhere") and (folder / "home/deep/x").is_symlink()
    assert (folder / "home/settings.json").read_text() == "{}"
    with pytest.raises(Malformed):
        make_links(folder, {"home/tmp/through": "/x"})
    with pytest.raises(Malformed):
        make_links(folder, {"../out": "/x"})


def test_a_link_in_the_folder_is_not_followed_out_of_it(tmp_path: Path) -> None:
    folder, outside = tmp_path / "ses_a", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (folder / "plugin").symlink_to(outside)
    with pytest.raises(Malformed, match="outside of its folder"):
        write_files(folder, {"plugin/hooks.json": "{}"})
    assert list(outside.iterdir()) == []


@given(st.text("ab./\\", max_size=12))
def test_no_file_name_leads_to_a_write_outside(name: str) -> None:
    path = Path(os.path.normpath(Path("/s/ses_a") / name))
    try:
        inside = Path("/s/ses_a") / _inside(name)
    except Malformed:
        return
    assert inside == path and path.is_relative_to("/s/ses_a") and path != Path("/s/ses_a")


def launched(machine: FakeMachine, session_id: str) -> LaunchSpec:
    return machine.agents[session_id, 1].spec


async def start(parts: House, **members: Any) -> Session:
    task = await parts.call("task.create", title="t", projectId=await parts.project())
    session: Session = await parts.call("session.spawn", taskIds=[task.id], **members)
    return await parts.until_launched(session.id)


@pytest.mark.parametrize(
    "turns, stdin, expected",
    [
        (Turns.STREAM, None, None),
        (Turns.PROCESS, None, os.devnull),
        (Turns.PROCESS, "agent/prompt.md", "agent/prompt.md"),
        (Turns.NONE, None, None),
    ],
)
async def test_the_input_of_an_agent_on_pipes_follows_from_its_prompt_channel(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, turns: Turns, stdin: str | None, expected: str | None
) -> None:
    machine, talker = FakeMachine(), Talker(traits=AgentTraits(turns=turns), stdin=stdin)
    async with house(tmp_path, machine, agents={"shell": talker}) as parts:
        session = await start(parts, agent="shell", terminal="pipe")
        spec = launched(machine, session.id)
        folder = parts.custody.folder(session.id)
        assert spec.stdin == (str(folder / expected) if expected else expected)
        assert spec.stream and spec.terminal == "pipe"


async def test_an_agent_on_a_terminal_uses_it_for_everything(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    machine, talker = FakeMachine(), Talker(traits=AgentTraits(turns=Turns.PROCESS), stdin="agent/prompt.md")
    async with house(tmp_path, machine, agents={"shell": talker}) as parts:
        session = await start(parts, agent="shell", terminal="pty")
        spec = launched(machine, session.id)
        assert (spec.stdin, spec.stream, spec.terminal) == (None, False, "pty")


async def test_an_input_outside_the_session_files_fails_the_start(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    async with house(tmp_path, FakeMachine(), agents={"shell": Talker(stdin="/etc/passwd")}) as parts:
        session = await parts.spawn()
        failed = await parts.until(session.id, status=SessionStatus.FAILED)
        assert failed.status_reason is not None and "not one of its files" in failed.status_reason.detail


async def test_an_agent_is_not_started_in_a_folder_that_replaced_its_sessions(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, FakeMachine()) as parts:
        seen = workplace.WorkplaceRecord(str(tmp_path), 1, 1, boot_id())
        monkeypatch.setattr(workplace, "_read", lambda record, path: seen)
        session = await parts.spawn()
        failed = await parts.until(session.id, status=SessionStatus.FAILED)
        assert failed.status_reason is not None and "was replaced by another" in failed.status_reason.detail


async def test_changes_of_the_folder_are_on_the_timeline(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, FakeMachine()) as parts:
        seen = workplace.WorkplaceRecord(str(tmp_path), 1, 1, "an earlier boot")
        monkeypatch.setattr(workplace, "_read", lambda record, path: seen)
        session = await parts.until_launched((await parts.spawn()).id)
        entries = parts.store.timeline(session.id, None, None, backward=False, limit=100).items
        assert [entry.message for entry in entries if "may not be the same as before" in entry.message]


async def test_an_unresponsive_folder_fails_the_start_in_time(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*arguments: object, abandon_on_cancel: bool) -> None:
        await trio.sleep_forever()

    async with house(tmp_path, FakeMachine()) as parts:
        monkeypatch.setattr(launching, "in_thread", hang)
        session = await parts.spawn()
        failed = await parts.until(session.id, status=SessionStatus.FAILED)
        assert failed.status_reason is not None and "does not answer within 10 seconds" in failed.status_reason.detail


def test_a_start_carries_the_message_delivered_with_it() -> None:
    world = World()
    session = Session("ses_a", "prj_a", "a", Role.WORKER, "x", SessionStatus.IDLE, attempt=2, terminal=Terminal.PIPE)
    world.put(session)
    for number, status, attempt in (
        (1, MessageStatus.ANSWERED, 1),
        (2, MessageStatus.DELIVERED, 1),
        (3, MessageStatus.DELIVERED, 2),
        (4, MessageStatus.QUEUED, None),
    ):
        world.put(Message(f"msg_{number}", "ses_a", MessageKind.PROMPT, status, text=str(number), attempt=attempt))
    found = launch_message(world, session)
    assert found is not None and found.id == "msg_3"
    assert launch_message(World(), session) is None


async def test_an_agent_gets_the_variables_the_user_passes_to_it(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("OTHER_KEY", "sk-2")
    machine, config = FakeMachine(), Config(agents={"shell": AgentSettings(env=("OPENAI_API_KEY",))})
    async with house(tmp_path, machine, config=config) as parts:
        session = await parts.until_launched((await parts.spawn()).id)
        env = launched(machine, session.id).env
    assert env["OPENAI_API_KEY"] == "sk-1" and "OTHER_KEY" not in env
