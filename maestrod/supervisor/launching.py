"""From a session to a launch spec for custody: makes the adapter's request, and writes the files that it wants.

The adapter says how to start the agent (``LaunchPlan``). This module carries the plan out: it writes files into the
session's folder and chooses the agent's standard input by how the agent takes its prompts.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

import trio

from maestrod.agents.adapter import Adapter, LaunchPlan, LaunchRequest
from maestrod.agents.catalog.file_catalog import FileCatalog
from maestrod.agents.catalog.relevant_files import relevant_files
from maestrod.agents.kit.environment import link_programs
from maestrod.api.errors import Malformed, NotFound
from maestrod.api.local.address import Paths
from maestrod.api.local.daemon_lock import boot_id
from maestrod.api.local.package_data import package_data
from maestrod.api.local.program_links import link_hooks
from maestrod.api.message import Message, MessageKind, MessageStatus
from maestrod.api.session import Role, Session, Terminal
from maestrod.config import Config
from maestrod.core.access.session_token import make_token
from maestrod.core.prompts.briefing import brief
from maestrod.core.prompts.manifest import Manifest
from maestrod.core.prompts.opening import follow_up, opening
from maestrod.core.values.agent_traits import Turns
from maestrod.core.world.world import World
from maestrod.host.inherited import Inherited
from maestrod.sessions.spec import LaunchSpec
from maestrod.supervisor import workplace

#: Runs disk access in a thread; tests with a mock clock run it in place.
in_thread = trio.to_thread.run_sync

#: Names in a session's folder that adapters' files may not begin with, because they belong to custody.
_CUSTODY = ("output", "shim.", "started-", "exit-", "timeline.", "workplace.")


class Launcher:
    """Makes launch specs. ``catalog`` has the adapters, skills and personas; ``inherited`` the limits agents get back."""

    def __init__(
        self, paths: Paths, config: Config, catalog: FileCatalog, token_key: bytes, inherited: Inherited
    ) -> None:
        self._inherited = inherited
        self._programs = link_programs(paths.data / "bin")
        self._paths = paths
        with suppress(FileNotFoundError):  # reported when an agent that needs them is started
            self._hooks()
        self._config = config
        self._catalog = catalog
        self._key = token_key

    def adapter(self, session: Session) -> Adapter:
        """The adapter of a session's agent. Raises ``NotFound`` when this version of the daemon has none."""
        adapter = self._catalog.adapters.get(session.agent)
        if adapter is None:
            raise NotFound("agent.unknown", f"this maestrod knows no agent {session.agent!r}", {"agent": session.agent})
        return adapter

    async def look(self, world: World, session: Session, folder: Path) -> str:
        """Check the folder that a session works in, before its launch; returns a warning for people, or an empty text.

        Raises a ``MaestroError`` when it is not the folder of the session's first launch, or does not answer.
        """
        project = world.projects.get(session.project_id)
        look = partial(workplace.check, folder, session.working_dir, boot_id(), project)
        with trio.move_on_after(workplace.PATIENCE):
            return await in_thread(look, abandon_on_cancel=True)
        raise workplace.hangs(session.working_dir)

    async def spec(self, world: World, session: Session, folder: Path) -> LaunchSpec:
        """Ask the adapter how to start the agent, and write the files it wants into ``folder``, the session's own.

        Raises ``OSError`` when they cannot be written, a ``MaestroError`` when something is missing.
        """
        adapter = self.adapter(session)
        message = launch_message(world, session)
        plan = adapter.launch(await self._request(world, session, folder, message))
        _check(plan)
        await in_thread(write_files, folder, dict(plan.files))
        await in_thread(make_links, folder, dict(plan.links))
        pipes = plan.terminal is Terminal.PIPE
        return LaunchSpec(
            session_id=session.id,
            attempt=session.attempt,
            argv=plan.argv,
            env=dict(plan.env),
            cwd=plan.cwd,
            folder=str(folder),
            terminal="pipe" if pipes else "pty",
            log_segment_bytes=self._config.output_segment_bytes,
            log_keep_segments=self._config.output_segments,
            ladder=plan.stop_ladder,
            stdin=_input(plan, adapter.traits.turns, folder) if pipes else None,
            stream=pipes and plan.stream,
            taken=() if message is None else (message.id,),
            umask=self._inherited.umask,
            open_files=self._inherited.open_files,
        )

    async def manifest(self, world: World, session: Session) -> Manifest:
        """The manifest of a session: everything that its agent is given."""
        skills, personas = self._catalog.skills(session.working_dir)[0], self._catalog.personas(session.working_dir)[0]
        files: tuple[str, ...] = ()
        if session.role is Role.ORCHESTRATOR:
            files = await in_thread(relevant_files, Path(session.working_dir))
        return brief(world, session, skills, personas, files)

    async def _request(self, world: World, session: Session, folder: Path, message: Message | None) -> LaunchRequest:
        own = self._config.agents.get(session.agent)
        request = LaunchRequest(
            session=session,
            manifest=await self.manifest(world, session),
            folder=folder,
            socket=self._paths.socket,
            token=make_token(self._key, session.id, session.attempt),
            environ=os.environ,
            passed=() if own is None else own.env,
            hooks=self._hooks(),
            programs=self._programs,
            permissions=world.projects[session.project_id].settings.permissions,
        )
        if message is None:
            return request
        return replace(request, prompt=_text(message, session, request.manifest, folder))

    def _hooks(self) -> Path:
        """The folder where sessions find the hooks. Raises ``FileNotFoundError`` if this installation lacks them."""
        return link_hooks(self._paths.data / "programs", package_data("hooks"))

    async def text(self, world: World, session: Session, message: Message, folder: Path) -> str:
        """The text of a message as the agent receives it; ``folder`` is the session's own."""
        if message.kind is not MessageKind.OPENING:
            return message.text
        return _text(message, session, await self.manifest(world, session), folder)


def open_deliveries(world: World, session: Session) -> list[Message]:
    """Messages that count as delivered to this attempt and that the agent has not confirmed, oldest first."""
    messages = (world.messages[message_id] for message_id in sorted(world.open_messages.get(session.id, ())))
    return [
        message
        for message in messages
        if message.status is MessageStatus.DELIVERED and message.attempt == session.attempt
    ]


def launch_message(world: World, session: Session) -> Message | None:
    """The message that the start of this attempt delivers; None when there is none."""
    return next(iter(open_deliveries(world, session)), None)


def _text(message: Message, session: Session, manifest: Manifest, folder: Path) -> str:
    if message.kind is MessageKind.OPENING:
        return opening(manifest, str(folder))
    if session.attempt > 1 and session.agent_session_id is None:  # a new process without a conversation to resume
        return follow_up(manifest, str(folder), message.text)
    return message.text


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write the agent's files, each atomically and readable by the user only.

    Names are paths below the folder. Raises ``Malformed`` for one that leads out of it or to custody's own files.
    """
    for name, content in files.items():
        _write(_place(folder, name), content)


def make_links(folder: Path, links: Mapping[str, str]) -> None:
    """Make symbolic links below the folder to files of the user; what exists already stays. Names as for files."""
    for name, target in links.items():
        place = _place(folder, name)
        try:
            place.symlink_to(target)
        except FileExistsError:
            pass  # from an earlier attempt, or the agent has put its own file there


def _place(folder: Path, name: str) -> Path:
    """The path for an agent's file; creates its parents. Raises ``Malformed`` when it is outside of ``folder``."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder
    for part in _inside(name).parts[:-1]:
        path /= part
        if path.is_symlink():
            raise Malformed("launch.file", f"the file {name!r} of the agent would be written outside of its folder")
        path.mkdir(exist_ok=True, mode=0o700)
    return path / PurePosixPath(name).name


def _write(path: Path, content: str) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    temporary.replace(path)


def _inside(name: str) -> PurePosixPath:
    """Check that a relative path stays below its starting point and is none of custody's."""
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in name or path.parts[0].startswith(_CUSTODY):
        raise Malformed("launch.file", f"an agent's file cannot be called {name!r}")
    return path


def _check(plan: LaunchPlan) -> None:
    if plan.stdin is not None and plan.stdin not in plan.files:
        raise Malformed("launch.stdin", f"the agent's input {plan.stdin!r} is not one of its files")


def _input(plan: LaunchPlan, turns: Turns, folder: Path) -> str | None:
    """The path of the standard input of an agent on pipes: a file, or ``/dev/null`` if its only prompt came with the
    start. None: a pipe for what is written to it.
    """
    if plan.stdin is not None:
        return str(folder / plan.stdin)
    return os.devnull if turns is Turns.PROCESS else None
