"""Hooks whose product is gone: silent with exit code 0 in every shell an agent may use; a gate refuses instead."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from maestrod.api.local.hook_guard import Guard, guarded, guarded_words
from tests.kit.offenders import offenders
from tests.kit.patience import PATIENCE

SHELLS = ("dash", "bash", "zsh", "busybox", "fish", "mksh")
PYTHON = str(Path(sys.executable).resolve())
#: More than a pipe holds: an agent still writes when its hook is gone already.
BIG = b'{"text": "' + b"x" * 300_000 + b'"}\n'


def run(shell: str, command: str, payload: bytes = b"{}", **environ: str) -> "subprocess.CompletedProcess[bytes]":
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    words = [program, "sh"] if shell == "busybox" else [program]
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environ}
    return subprocess.run(
        [*words, "-c", command], input=payload, capture_output=True, check=False, env=env, timeout=PATIENCE
    )


def missing(script: Path) -> list[str]:
    script.unlink()
    return [PYTHON, "-I", "-S", str(script)]


def missing_for_a_shell(script: Path) -> list[str]:
    script.unlink()
    return ["/bin/sh", str(script)]


def without_interpreter(script: Path) -> list[str]:
    return ["/gone/bin/python3.99", "-I", "-S", str(script)]


def unreadable_folder(script: Path) -> list[str]:
    script.parent.chmod(0)
    return [PYTHON, "-I", "-S", str(script)]


def folder_instead(script: Path) -> list[str]:
    script.unlink()
    script.mkdir()
    return [PYTHON, "-I", "-S", str(script)]


def truncated(script: Path) -> list[str]:
    script.write_text("def main(:\n")
    return [PYTHON, "-I", "-S", str(script)]


def truncated_shell(script: Path) -> list[str]:
    script.write_text("while :; do\n")
    return ["/bin/sh", str(script)]


def empty(script: Path) -> list[str]:
    script.write_text("")
    return [PYTHON, "-I", "-S", str(script)]


def not_executable(script: Path) -> list[str]:
    script.chmod(0o600)
    return [str(script)]


def another_python(script: Path) -> list[str]:
    other = script.with_name("python")
    other.write_text("#!/bin/sh\necho unknown option >&2\nexit 2\n")
    other.chmod(0o755)
    return [str(other), "-I", "-S", str(script)]


def killed(script: Path) -> list[str]:
    script.write_text("kill -9 $$\n")
    return ["/bin/sh", str(script)]


BROKEN: tuple[Callable[[Path], list[str]], ...] = (
    missing, missing_for_a_shell, without_interpreter, unreadable_folder, folder_instead, truncated, truncated_shell, empty,
    not_executable, another_python, killed,
)  # fmt: skip


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return make_script(tmp_path)


def make_script(place: Path) -> Path:
    folder = place / 'it\'s "here" $HOME'
    folder.mkdir(parents=True)
    script = folder / "event.py"
    script.write_text("raise SystemExit(2)\n")
    return script


@pytest.mark.parametrize("shell", SHELLS)
def test_a_hook_whose_product_was_removed_is_silent_and_succeeds(shell: str, tmp_path: Path) -> None:
    def faults(breakage: Callable[[Path], list[str]]) -> Iterator[str]:
        script = make_script(tmp_path / breakage.__name__)
        words = breakage(script)
        try:
            for guard in (Guard.REPORT, Guard.DECIDE):
                done = run(shell, guarded(words, guard), b"{}" if breakage is empty else BIG)
                if (done.returncode, done.stdout, done.stderr) != (0, b"", b""):
                    yield f"{guard}: {done}"
            refused = run(shell, guarded(words, Guard.GATE))
            if (refused.returncode, refused.stdout) != (2, b"") or b"not there to decide" not in refused.stderr:
                yield f"{Guard.GATE}: {refused}"
        finally:
            script.parent.chmod(0o700)

    assert offenders({breakage.__name__: breakage for breakage in BROKEN}, faults) == {}


@pytest.mark.parametrize("guard, code", [(Guard.REPORT, 0), (Guard.DECIDE, 0), (Guard.GATE, 2)])
@pytest.mark.parametrize("options", ["errexit:nounset", "errexit:noglob:pipefail"])
def test_inherited_shell_options_do_not_change_that(script: Path, guard: Guard, code: int, options: str) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    command = guarded(missing(script), guard).replace("/bin/sh", bash, 1)
    done = run("bash", command, PATH="/nonexistent", SHELLOPTS=options)
    assert (done.returncode, done.stdout) == (code, b"")


@pytest.mark.parametrize("guard", [Guard.REPORT, Guard.DECIDE])
def test_closed_streams_do_not_change_that(script: Path, guard: Guard) -> None:
    done = run("dash", f"{guarded(missing(script), guard)} <&- >&-")
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_decisions_output_arrives_and_its_noise_does_not(script: Path, shell: str) -> None:
    decision = r"""{"reason": "it's \\ \n é"}"""
    script.write_text(
        f"import sys\nprint({decision!r}, end='')\nsys.stderr.write('noise')\nassert sys.stdin.read()\n", "utf-8"
    )
    words = [PYTHON, "-X", "utf8", "-I", "-S", str(script)]
    for guard, said in ((Guard.REPORT, ""), (Guard.DECIDE, decision), (Guard.GATE, decision)):
        done = run(shell, guarded(words, guard))
        assert (done.returncode, done.stdout.decode(), done.stderr) == (0, said, b""), guard


def test_the_words_of_a_guarded_line_are_recovered() -> None:
    words = ["/usr/bin/python3", "it's", "a b", "--x"]
    assert [guarded_words(guarded(words, guard)) for guard in Guard] == [words] * 3
    assert guarded_words("/usr/bin/python3 event.py") is None
    assert guarded_words("/bin/sh -c") is None
    with pytest.raises(ValueError, match="quotation"):
        guarded_words("it's")
