"""Our programs use UTF-8 and have their help, whatever the locale and Python's own settings are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.patience import PATIENCE

ASCII = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
#: Says what it was given, and how its interpreter stands.
PROGRAM = """
import os, sys
from maestrod.api.local.interpreter import start_again
start_again()
sys.stdout.write(ascii([sys.getfilesystemencoding(), sys.flags.optimize, sys.argv[1:], os.environ["WORD"]]))
"""


def run(words: list[str], environ: dict[str, str], *arguments: bytes, code: str = PROGRAM) -> str:
    given = {"PATH": os.defpath, "PYTHONPATH": os.getcwd(), "WORD": "für"}  # noqa: PTH109 - as text
    command: list[str | bytes] = [sys.executable, *words, "-c", code, *arguments]
    done = subprocess.run(command, env=given | environ, capture_output=True, check=True, timeout=PATIENCE)
    return done.stdout.decode()


@pytest.mark.slow
@pytest.mark.parametrize(
    "words, environ",
    [([], ASCII), (["-OO"], {}), ([], {"PYTHONOPTIMIZE": "2"}), (["-OO"], {**ASCII, "PYTHONOPTIMIZE": "2"})],
)
def test_a_program_restarts_in_utf8_mode_with_docstrings_and_the_same_bytes(
    words: list[str], environ: dict[str, str]
) -> None:
    optimize = 1 if words or "PYTHONOPTIMIZE" in environ else 0
    printed = run(words, environ, "ü".encode(), b"\xfc", b"-OO")
    assert printed == ascii(["utf-8", optimize, ["ü", "\udcfc", "-OO"], "für"])


@pytest.mark.slow
@pytest.mark.parametrize("program", ["maestroctl", "maestrod"])
def test_help_is_complete_in_any_locale_and_without_docstrings(program: str, tmp_path: Path) -> None:
    said = []
    for environ in ({}, ASCII, {"PYTHONOPTIMIZE": "2"}, {"LANG": "C", "PYTHONIOENCODING": "ascii"}):
        command = [sys.executable, "-m", program, *(["run"] if program == "maestroctl" else []), "--help"]
        given = {"PATH": os.defpath, "PYTHONPATH": os.getcwd(), "HOME": str(tmp_path), **environ}  # noqa: PTH109 - as text
        said.append(subprocess.run(command, env=given, capture_output=True, check=True, timeout=PATIENCE).stdout)
    assert len(set(said)) == 1
    assert len(said[0].splitlines()) > 10
