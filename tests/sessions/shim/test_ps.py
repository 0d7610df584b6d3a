"""The fallback without `/proc`: `ps`, forced on this system, down to a shim that has nothing else."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from maestrod.sessions.shim import ps
from maestrod.sessions.shim.process import descendants, tag_of
from maestrod.sessions.shim.ps import Ps, parse_table, parse_tagged
from tests.sessions.kit import Agents, daemon_on, nothing_left

SHIM_WITHOUT_PROC = Path(__file__).parent / "shim_without_proc.py"

pytestmark = pytest.mark.skipif(not os.access("/bin/ps", os.X_OK), reason="needs ps")


def test_the_process_table_contains_us_and_our_children() -> None:
    with subprocess.Popen(["sleep", "1000"]) as child:
        try:
            table = Ps().table()
            assert table[os.getpid()].pgid == os.getpgrp()
            assert child.pid in descendants(table, {os.getpid()})
            assert Ps().start_of(child.pid) == table[child.pid].start
            assert table[child.pid].name == "sleep"
        finally:
            child.kill()
    assert Ps().start_of(child.pid) is None


def test_the_tag_is_seen_in_the_environment(tmp_path: Path) -> None:
    tag = tag_of(str(tmp_path / "with space"), 1)
    with subprocess.Popen(["/bin/sleep", "1000"], env={"A": "1", "MAESTRO_CUSTODY": tag, "Z": "2"}) as child:
        try:
            system = Ps()
            assert set(system.tagged(system.table(), tag)) == {child.pid}
        finally:
            child.kill()


def test_invalid_rows_are_skipped() -> None:
    text = "  PID nonsense\n\n 12 1 12 Ss Fri Nov 20 05:17:29 2026\n 13 12 12 Z+ Fri Nov 20 05:17:30 2026\n"
    table = parse_table(text)
    assert (table[12].start, table[12].alive, table[13].alive) == ("Fri Nov 20 05:17:29 2026", True, False)
    assert set(table) == {12, 13}


def test_a_tag_is_a_whole_word() -> None:
    rows = " 1 a MAESTRO_CUSTODY=/a#1 B=2\n 2 b MAESTRO_CUSTODY=/a#10\n 3 c MAESTRO_CUSTODY=/a#1\n"
    assert parse_tagged(rows, "/a#1") == {1, 3}


def test_sysctl_reports_the_boot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ps, "run", lambda argv: (b"{ sec = 1 }\n" if argv[0].endswith("sysctl") else b"", 1))
    assert Ps().boot_id() == "{ sec = 1 }"


def test_a_missing_program_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        ps.run(["/no/such/program"])


@pytest.mark.slow
async def test_a_shim_without_proc_and_subreaper_still_ends_strays_and_the_group(
    agents: Agents, tmp_path: Path
) -> None:
    python = tmp_path / "python-without-proc"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {SHIM_WITHOUT_PROC} "$4" "$5"\n')
    python.chmod(0o700)
    script = "(setsid sh -c 'trap \"\" TERM HUP; echo stray; while :; do sleep 1; done' &) ; sleep 1000 & echo up; wait"
    async with daemon_on(agents.sessions, str(python)) as daemon:
        identity = await daemon.custody.launch(agents.shell("ses_a", script))
        await daemon.output("ses_a", b"stray")
        await daemon.output("ses_a", b"up")
        report = await daemon.custody.stop("ses_a")
        assert (report.left, report.signalled) == (0, ("TERM", "KILL"))
        assert report.escaped
        assert (await daemon.exit_of("ses_a")).reason == "stopped"
        assert nothing_left(agents.sessions, identity)
        await daemon.custody.launch(agents.shell("ses_b", "sleep 1000 & exit 4", terminal="pipe"))
        record = await daemon.exit_of("ses_b")
        assert (record.code, record.leftovers, record.left) == (4, 1, 0)


@pytest.fixture
def agents(tmp_path: Path) -> Iterator[Agents]:
    made = Agents(tmp_path / "sessions")
    yield made
    made.end_all()
