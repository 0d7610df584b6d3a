"""Shared pytest configuration: Hypothesis profiles, and a private home for every test."""

import gc
import itertools
import os
import shutil
import signal
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.kit.leftovers import end_all_of
from tests.kit.side_by_side import longest_first, unit_of

# Deterministic and short for every run; `HYPOTHESIS_PROFILE=thorough make test` looks further.
settings.register_profile("default", max_examples=40, derandomize=True, deadline=None)
settings.register_profile("thorough", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


# Every program of the tests is Python, most are started hundreds of times: compile once, whatever the user's shell says.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

#: Tests at once for each processor: most of them wait for a program that they started.
WORKERS_PER_PROCESSOR = 2
#: More only wait for each other's disk and memory.
MOST_WORKERS = 12

#: A home below this leaves room in a socket's path for ``/m/data/sessions/<session>/shim.sock``; the least is macOS's 103.
HOME_LIMIT = 45


def pytest_configure(config: pytest.Config) -> None:
    """Name a parallel run: pytest-xdist hands the name to its workers, and whatever they start can be told by it."""
    if config.getoption("numprocesses", None) and config.getoption("testrunuid") is None:
        config.option.testrunuid = uuid.uuid4().hex


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what workers left that were killed: Ctrl-C reaches them all, a signal to pytest alone does not."""
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        for command in end_all_of(config.getoption("testrunuid")):
            sys.stderr.write(f"ended what a test had left: {command}\n")


def pytest_collection_finish() -> None:
    """The modules of all tests are in memory now and stay: spare the garbage collector from reading them again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)  # tests also run without pytest-xdist
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """What ``pytest -n auto`` means here; ``PYTEST_XDIST_AUTO_NUM_WORKERS`` sets another number."""
    wished = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS")
    if wished is not None:
        return int(wished)
    return min(MOST_WORKERS, WORKERS_PER_PROCESSOR * (os.cpu_count() or 1))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """How tests are given to workers, instead of ``--dist``."""
    from xdist.scheduler import LoadScopeScheduling

    config.option.loadscopereorder = False  # the order is ``longest_first``
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = unit_of
    return scheduler


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """One after the other, tests run in the order of their files."""
    if hasattr(config, "workerinput"):
        items[:] = longest_first(items)


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """A shell starts what runs in its background deaf to Ctrl-C (POSIX shell, 2.11), and every program of the tests would be that too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # noqa: TID251 - the tests' own process


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Path]]:
    """Makes private folders whose names are short enough for sockets: in pytest's own (kept for a while), or in /tmp."""
    numbers = itertools.count()
    folder = tmp_path_factory.mktemp("h", numbered=False)
    is_short = len(os.fsencode(folder)) <= HOME_LIMIT - len("/9999")
    if not is_short:
        folder = Path(tempfile.mkdtemp(prefix="m-", dir="/tmp"))

    def make() -> Path:
        home = folder / str(next(numbers))
        home.mkdir(mode=0o700)
        return home

    yield make
    if not is_short:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def unused_homes() -> list[Path]:
    """Folders that a test was given and wrote nothing into."""
    return []


@pytest.fixture
def short_folder(new_home: Callable[[], Path], unused_homes: list[Path]) -> Iterator[Path]:
    """A private folder whose name is short enough for sockets."""
    folder = unused_homes.pop() if unused_homes else new_home()
    mode = folder.lstat().st_mode
    yield folder
    try:
        is_unused = folder.lstat().st_mode == mode and next(folder.iterdir(), None) is None
    except OSError:
        return
    if is_unused:
        unused_homes.append(folder)


@pytest.fixture(autouse=True)
def private_home(short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point every user folder into a temporary one, so that no test can touch the user's own."""
    for name in [name for name in os.environ if name.startswith("MAESTRO_")]:
        monkeypatch.delenv(name)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(short_folder))
    monkeypatch.setenv("MAESTRO_HOME", str(short_folder / "m"))
    return short_folder
