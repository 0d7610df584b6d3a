"""Programs are found, their versions read without running them where possible, and missing ones reported."""

from pathlib import Path

import pytest

from maestrod.agents.kit.installed import Installed, WantedProgram, find, info, parse_version

SOME = WantedProgram(
    "agent", ("@maker/agent",), (2, 1, 0), (3, 0, 0), "2.1.5", "get it with `npm install -g @maker/agent`"
)


def program(folder: Path, text: str = "exit 9") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "agent"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def packaged(folder: Path, version: str, name: str = "@maker/agent") -> Path:
    real = program(folder / "lib" / "bin")
    (folder / "lib" / "package.json").write_text(f'{{"name": "{name}", "version": "{version}", "more": []}}')
    (folder / "bin").mkdir()
    (folder / "bin" / "agent").symlink_to(real)
    return folder / "bin"


def test_the_version_is_its_packages(tmp_path: Path) -> None:
    found = find(SOME, str(packaged(tmp_path, "2.1.7")))
    assert found == Installed(tmp_path / "bin" / "agent", "2.1.7")


def test_the_version_may_stand_in_the_path(tmp_path: Path) -> None:
    real = program(tmp_path / "versions").rename(tmp_path / "versions" / "2.3.4")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "agent").symlink_to(real)
    assert find(SOME, str(tmp_path / "bin")).version == "2.3.4"


def test_otherwise_the_program_is_asked(tmp_path: Path) -> None:
    program(tmp_path, "test $1 = --version && echo 'agent 2.9.1 (a build)'")
    assert find(SOME, str(tmp_path)) == Installed(tmp_path / "agent", "2.9.1")


def test_a_wrapping_package_says_nothing(tmp_path: Path) -> None:
    found = find(SOME, str(packaged(tmp_path, "2.1.7", name="@other/thing")))
    assert found.version is None and "does not print its version" in (found.missing or "")


def test_a_missing_program_is_named_with_its_installation(tmp_path: Path) -> None:
    row = info("agent", "An agent", SOME, str(tmp_path))
    assert not row.available
    assert row.missing == "`agent` is not on the PATH; get it with `npm install -g @maker/agent`"


@pytest.mark.parametrize("version", ["2.0.9", "3.0.0", "1.5"])
def test_versions_outside_the_range_are_reported(tmp_path: Path, version: str) -> None:
    row = info("agent", "An agent", SOME, str(packaged(tmp_path, version)))
    assert not row.available and row.version == version
    assert "from 2.1.0 up to, but not including, 3.0.0; tested with 2.1.5" in (row.missing or "")


def test_an_installed_agent_is_available(tmp_path: Path) -> None:
    row = info("agent", "An agent", SOME, str(packaged(tmp_path, "2.1.5")))
    assert row.available and row.missing is None and row.version == "2.1.5"


def test_versions_are_read_from_the_output_of_programs() -> None:
    assert parse_version("codex-cli 0.169.0") == (0, 169, 0)
    assert parse_version("2.1.328 (Claude Code)") == (2, 1, 328)
    assert parse_version("v1.2") == (1, 2, 0)
    assert parse_version("no version") is None
    assert parse_version("10.0.0.1 is an address") is None
