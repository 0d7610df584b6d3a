"""``maestroctl completion``: scripts that the shells themselves accept."""

import shutil
import subprocess

import pytest

from tests.maestroctl.conftest import CommandLine


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_takes_the_script(cli: CommandLine, shell: str) -> None:
    outcome = cli("completion", shell)
    assert outcome.code == 0
    assert "maestroctl __complete" in outcome.out
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=outcome.out, text=True, check=False).returncode == 0


def test_bash_offers_what_the_program_says(cli: CommandLine) -> None:
    if not shutil.which("bash"):
        pytest.skip("there is no bash here")
    script = cli("completion", "bash").out
    words = "maestroctl() { printf 'status\\tx\\nstop\\ty\\n'; }; COMP_WORDS=(maestroctl st); COMP_CWORD=1; _maestroctl"
    done = subprocess.run(
        ["bash", "-c", f'{script}\n{words}; echo "${{COMPREPLY[@]}}"'], capture_output=True, text=True, check=False
    )
    assert done.stdout == "status stop\n"


def test_another_shell_is_a_usage_error(cli: CommandLine) -> None:
    assert cli("completion", "tcsh").code == 2
