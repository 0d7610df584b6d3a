"""The real Codex program is found behind npm's wrapper."""

from pathlib import Path

import pytest

from maestrod.agents.codex.program import native, program
from maestrod.api.errors import Unavailable


def package(folder: Path, version: str = "0.169.0") -> Path:
    """What npm makes: a command that is a link to a script in a package."""
    script = folder / "node_modules/@openai/codex/bin/codex.js"
    script.parent.mkdir(parents=True)
    script.write_text("#!/usr/bin/env node\n")
    script.chmod(0o755)
    (script.parent.parent / "package.json").write_text(f'{{"name": "@openai/codex", "version": "{version}"}}')
    command = folder / "node_modules/.bin/codex"
    command.parent.mkdir()
    command.symlink_to(script)
    return command


@pytest.mark.parametrize("place", ["node_modules/@openai", "node_modules/@openai/codex/node_modules/@openai"])
def test_the_native_program_of_the_platform_is_started(tmp_path: Path, place: str) -> None:
    command = package(tmp_path)
    real = tmp_path / place / "codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex"
    real.parent.mkdir(parents=True)
    real.touch()
    assert native(command) == real and program(str(command.parent)) == real


def test_without_a_native_program_the_wrapper_is_started(tmp_path: Path) -> None:
    command = package(tmp_path)
    assert native(command) is None and program(str(command.parent)) == command


def test_a_program_that_is_not_a_wrapper_is_itself(tmp_path: Path) -> None:
    assert native(tmp_path / "codex") is None


def test_a_missing_or_unsupported_program_is_named_with_its_installation(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="codex: `codex` is not on the PATH; get it with `npm install"):
        program(str(tmp_path))
    with pytest.raises(Unavailable, match=r"version 0\.9\.0 is not supported"):
        program(str(package(tmp_path, "0.9.0").parent))
