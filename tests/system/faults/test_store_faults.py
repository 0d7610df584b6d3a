"""Real faults of a real file system: a full disk, a file size limit, no descriptors left, a process killed while it writes."""

import errno
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from maestrod.api.errors import Unavailable
from maestrod.api.system import Mode
from maestrod.store.files import RealFiles
from maestrod.store.fsck import check
from maestrod.store.store import Options
from tests.store.lives import Life, add_project, add_task

OPTIONS = Options(segment_size=64 << 10, threads=False)
DISK = 512 << 10
ROOT = Path(__file__).parents[3]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if mount.returncode != 0:
        pytest.skip(f"mounting a tmpfs is refused here: {mount.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(path: Path) -> None:
    """Write until the disk is full."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT)
    with pytest.raises(OSError, match="No space"):
        while True:
            os.write(fd, bytes(4096))
    os.close(fd)


@pytest.mark.slow
def test_16_a_full_disk_refuses_changes_and_recovers_by_itself(small_disk: Path) -> None:
    life = Life(RealFiles(), {}, OPTIONS, small_disk / "data")
    add_project(life, 0)
    life.settle()
    fill(small_disk / "hog")
    accepted = life.acknowledged
    while life.store.refusal() is None:
        add_task(life, 900)
        life.commit()
    refusal = life.store.refusal()
    assert (
        refusal is not None
        and refusal.reason == "store.no_space"
        and refusal.retryable
        and life.store.mode() is Mode.NO_SPACE
    )
    assert "free some space" in refusal.message and life.alerts
    assert life.acknowledged == life.world.seq > accepted, "what was accepted is durable"
    assert len(list(life.store.events_since(0))) == life.world.seq, "reads go on"
    with pytest.raises(OSError, match="No space"):
        life.store.write_behind()
    assert all(path.stat().st_size > 100 for path in (small_disk / "data" / "projects").iterdir()), (
        "no file was emptied"
    )
    with pytest.raises(Unavailable):
        while True:
            add_task(life, 900)
    life.commit()
    (small_disk / "hog").unlink()
    life.commit()  # the committer's probe
    assert life.store.refusal() is None
    add_task(life, 0)
    dump = life.world.dump()
    life.close()
    assert check(small_disk / "data").ok
    again = Life(RealFiles(), {}, OPTIONS, small_disk / "data")
    assert again.world.dump() == dump
    again.close()


def test_16_a_store_opens_on_a_full_disk_for_reading(small_disk: Path) -> None:
    life = Life(RealFiles(), {}, OPTIONS, small_disk / "data")
    add_project(life, 0)
    life.close()
    fill(small_disk / "hog")
    again = Life(RealFiles(), {}, OPTIONS, small_disk / "data")
    assert again.world.dump() == life.world.dump() and again.store.mode() is Mode.NO_SPACE
    (small_disk / "hog").unlink()
    again.commit()
    assert again.store.mode() is Mode.OK
    add_task(again, 1)
    again.close()
    assert check(small_disk / "data").ok


LIMITED = """
import resource, signal, sys
from pathlib import Path
from maestrod.store.files import RealFiles, atomic_write
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
target = Path(sys.argv[1])
files = RealFiles()
atomic_write(files, target, b"old")
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    atomic_write(files, target, b"n" * 150)
except OSError as error:
    print(error.errno, files.read(target), files.listdir(target.parent))
"""


def test_16_a_write_cut_short_by_a_size_limit_leaves_the_old_file(tmp_path: Path) -> None:
    """RLIMIT_FSIZE: the first write takes 100 of 150 bytes, the next fails. The writer loops, then gives up cleanly."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path / "f"], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == f"{errno.EFBIG} b'old' ['f']"


@pytest.mark.slow
def test_21_the_store_commits_without_free_descriptors(tmp_path: Path) -> None:
    life = Life(RealFiles(), {}, OPTIONS, tmp_path / "data")
    add_project(life, 0)
    life.commit()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
    hogs: list[int] = []
    try:
        with pytest.raises(OSError, match="Too many open files"):
            while True:
                hogs.append(os.open(os.devnull, os.O_RDONLY))
        for number in range(0, 900, 3):  # several segments, so files are opened, too
            add_task(life, number)
            life.commit()
        life.settle()
    finally:
        for fd in hogs:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert life.acknowledged == life.world.seq and not life.alerts
    life.close()
    assert check(tmp_path / "data").ok


WRITING = """
import queue, sys
from pathlib import Path
from maestrod.api.task import Task
from maestrod.core.values.command import Stamp
from maestrod.core.world.draft import Draft
from maestrod.store.store import Options, Store
calls = queue.SimpleQueue()
store = Store.open(Path(sys.argv[1]), call_soon=calls.put, options=Options(segment_size=1 << 16, checkpoint_bytes=1 << 16))
store.on_durable = lambda seq: print(seq, flush=True)
while True:
    for _ in range(1 + store.world.seq % 3):
        draft = Draft(store.world, Stamp(at=1, id_time=1, entropy=store.world.seq << 40))
        draft.put(Task(id=draft.new_id("tsk"), project_id="prj_1", title="t" * (store.world.seq % 700)))
        store.append(draft.events)
    while store.durable_seq < store.world.seq:
        calls.get()()
"""


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGABRT])
def test_29_a_kill_during_writes_keeps_what_was_acknowledged(tmp_path: Path, sign: signal.Signals) -> None:
    """With all threads running; several lives in a row, each killed after more acknowledgements."""
    acknowledged = 0
    for turn in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", WRITING, tmp_path / "data"], stdout=subprocess.PIPE, text=True, cwd=ROOT
        ) as daemon:
            assert daemon.stdout is not None
            for _ in range(20 + 60 * turn):
                acknowledged = int(daemon.stdout.readline())
            daemon.send_signal(sign)
            for line in daemon.stdout:
                acknowledged = int(line) if line.endswith("\n") else acknowledged
        life = Life(RealFiles(), {}, OPTIONS, tmp_path / "data")
        assert life.store.refusal() is None, life.store.report
        assert life.world.seq >= acknowledged and len(life.world.tasks) == life.world.seq
        life.close()
        assert check(tmp_path / "data").ok
