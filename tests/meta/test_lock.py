"""The lock files: every requirement is pinned once, inside its range, with hashes, for every supported Python and system."""

import re
import tomllib
from typing import NamedTuple

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from requirements.renew import PYTHONS
from tests.meta.tree import ROOT

LOCKS = ("build.txt", "dev.txt", "lowest.txt")
SYSTEMS = (("linux", "Linux", "x86_64"), ("linux", "Linux", "aarch64"), ("darwin", "Darwin", "arm64"))
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
DEPENDENCIES: list[str] = SETTINGS["project"]["dependencies"]
GROUPS: dict[str, list[str]] = SETTINGS["dependency-groups"]


class Pin(NamedTuple):
    """One package of a lock file."""

    name: str
    version: str
    marker: str | None
    hashes: list[str]


def pins(lock: str) -> list[Pin]:
    text = (ROOT / "requirements" / lock).read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [pin(line) for line in lines]


def pin(line: str) -> Pin:
    found = re.fullmatch(r"([\w.-]+)==(\S+)(?: ; (.*?))? +((?:--hash=sha256:[0-9a-f]{64} *)+)", line)
    assert found is not None, f"not a pinned package with hashes: {line}"
    name, version, marker, hashes = found.groups()
    return Pin(canonicalize_name(name), version, marker, hashes.split())


def environments() -> list[dict[str, str]]:
    return [
        {
            "python_version": python,
            "python_full_version": f"{python}.0",
            "sys_platform": platform,
            "platform_system": system,
            "platform_machine": machine,
            "os_name": "posix",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
        }
        for python in PYTHONS
        for platform, system, machine in SYSTEMS
    ]


def installed(lock: str, environment: dict[str, str]) -> dict[str, str]:
    chosen = [pin for pin in pins(lock) if pin.marker is None or Marker(pin.marker).evaluate(environment)]
    assert len({pin.name for pin in chosen}) == len(chosen), "a package is pinned twice"
    return {pin.name: pin.version for pin in chosen}


def wanted(lock: str) -> list[str]:
    return GROUPS["build"] if lock == "build.txt" else [*DEPENDENCIES, *GROUPS["build"], *GROUPS["dev"]]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_requirement_inside_its_range_on_every_python(lock: str) -> None:
    for environment in environments():
        versions = installed(lock, environment)
        for requirement in map(Requirement, wanted(lock)):
            assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement


def test_the_lowest_lock_has_the_lower_bound_of_every_dependency() -> None:
    for environment in environments():
        versions = installed("lowest.txt", environment)
        for requirement in map(Requirement, DEPENDENCIES):
            [bound] = [part for part in requirement.specifier if part.operator == ">="]
            version = versions[canonicalize_name(requirement.name)]
            assert f"{version}.0.0".startswith(f"{bound.version}."), f"{requirement} is locked at {version}"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_no_machine(lock: str) -> None:
    assert not re.search(r"://|--index|--find-links|^-e", (ROOT / "requirements" / lock).read_text("utf-8"))


def test_the_terminal_emulator_is_fetched_by_checksum_too() -> None:
    source = (ROOT / "hatch_build.py").read_text("utf-8")
    assert re.search(r'WHEEL = "\w+==[\d.]+ --hash=sha256:[0-9a-f]{64}"', source)
