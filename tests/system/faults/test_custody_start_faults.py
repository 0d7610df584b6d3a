"""The fault tests about agents and shims that cannot be started, with real ones; each is named by its number in the design's list of thirty."""

import resource
import shutil
from pathlib import Path

import pytest
import trio

from maestrod.sessions.spec import AlreadyEnded, LaunchError, LaunchSpec, NeverStarted
from tests.sessions import kit
from tests.sessions.kit import Agents, Daemon, daemon_on


@pytest.fixture
async def daemon(agents: Agents, nursery: trio.Nursery) -> Daemon:
    made = Daemon(agents.sessions)
    await nursery.start(made.custody.run)
    return made


def unstartable(agents: Agents, folder: Path) -> dict[str, LaunchSpec]:
    """Agents that cannot be started, by the error they must fail with."""
    for name, mode in (("plain", 0o600), ("orphan", 0o700), ("busy", 0o700), ("garbage", 0o700)):
        (folder / name).write_text("#!/no/such/interpreter\n" if name == "orphan" else "\x00 nothing")
        (folder / name).chmod(mode)
    shutil.copy("/bin/true", folder / "busy")
    return {
        "ENOENT missing": agents.spec("ses_missing", str(folder / "missing")),
        "ENOENT path": agents.spec("ses_path", "no-such-program-anywhere"),
        "ENOENT shebang": agents.spec("ses_shebang", str(folder / "orphan")),
        "ENOENT cwd": agents.spec("ses_cwd", "true", cwd=str(folder / "missing")),
        "ENOTDIR cwd": agents.spec("ses_notdir", "true", cwd=str(folder / "plain")),
        "EACCES": agents.spec("ses_eacces", str(folder / "plain")),
        "ETXTBSY": agents.spec("ses_busy", str(folder / "busy")),
        "ENOEXEC": agents.spec("ses_garbage", str(folder / "garbage")),
        "E2BIG": agents.spec("ses_big", "true", "x" * 200_000),
    }


async def test_fault_22_a_failed_start_says_why_and_leaves_nothing(
    agents: Agents, daemon: Daemon, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("programs")
    specs = unstartable(agents, folder)
    descriptors, others = kit.open_descriptors(), kit.children()
    with (folder / "busy").open("ab"):
        descriptors += 1
        for wanted, spec in specs.items():
            with pytest.raises(LaunchError) as failed:
                await daemon.custody.launch(spec)
            assert failed.value.errno_name == wanted.split()[0], wanted
            assert failed.value.record is not None
            assert failed.value.record.reason == "failed_to_start"
            assert await daemon.custody.adopt(spec.session_id, 1) == AlreadyEnded(failed.value.record)
        assert kit.open_descriptors() == descriptors
    assert kit.children() == others
    assert daemon.exits == []
    await daemon.custody.launch(agents.spec("ses_good", "true"))
    assert (await daemon.exit_of("ses_good")).code == 0


async def test_fault_22_a_bad_interpreter_line_is_explained(agents: Agents, daemon: Daemon, tmp_path: Path) -> None:
    script = tmp_path / "agent"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o700)
    with pytest.raises(LaunchError, match="interpreter named in its first line"):
        await daemon.custody.launch(agents.spec("ses_a", str(script)))


async def test_fault_21_a_shim_without_descriptors_fails_with_the_reason_and_can_be_retried(
    agents: Agents, daemon: Daemon
) -> None:
    spec = agents.spec("ses_a", "true")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        with pytest.raises(LaunchError) as failed:
            await daemon.custody.launch(spec)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert (failed.value.errno_name, failed.value.record) == ("EMFILE", None)
    assert await daemon.custody.adopt("ses_a", 1) == NeverStarted()
    await daemon.custody.launch(spec)
    assert (await daemon.exit_of("ses_a")).code == 0


async def test_fault_22_a_missing_interpreter_for_shims_fails_with_the_reason(agents: Agents) -> None:
    async with daemon_on(agents.sessions, "/no/such/python") as daemon:
        with pytest.raises(LaunchError) as failed:
            await daemon.custody.launch(agents.spec("ses_a", "true"))
    assert (failed.value.errno_name, failed.value.record) == ("ENOENT", None)
