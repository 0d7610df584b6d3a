"""``maestroctl completion``: scripts that the shells themselves accept."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.maestroctl.conftest import CommandLine


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_accepts_the_script(cli: CommandLine, shell: str) -> None:
    outcome = cli("completion", shell)
    assert outcome.code == 0
    assert "maestroctl __complete" in outcome.out
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=outcome.out, text=True, check=False).returncode == 0


def test_bash_completes_what_the_program_offers(cli: CommandLine) -> None:
    if not shutil.which("bash"):
        pytest.skip("there is no bash here")
    script = cli("completion", "bash").out
    words = "maestroctl() { printf 'status\\tx\\nstop\\ty\\n'; }; COMP_WORDS=(maestroctl st); COMP_CWORD=1; _maestroctl"
    done = subprocess.run(
        ["bash", "-c", f'{script}\n{words}; echo "${{COMPREPLY[@]}}"'], capture_output=True, text=True, check=False
    )
    assert done.stdout == "status stop\n"


def test_an_unknown_shell_is_a_usage_error(cli: CommandLine) -> None:
    assert cli("completion", "tcsh").code == 2


#: How each shell completes ``maestroctl st`` with a script, without a person at it.
TAB = {
    "bash": "{script}\nCOMP_WORDS=(maestroctl st); COMP_CWORD=1; _maestroctl; printf '%s' \"${{COMPREPLY[@]}}\"",
    "zsh": "_files() {{ :; }}; {script}\nwords=(maestroctl st); CURRENT=2; _maestroctl",
    "fish": "{script}\ncomplete -C 'maestroctl st'",
}


@pytest.mark.parametrize("gone", ["missing", "without its interpreter", "with a handler that talks"])
@pytest.mark.parametrize("shell", sorted(TAB))
def test_a_script_whose_program_is_gone_is_silent_at_shell_start_and_at_tab(
    cli: CommandLine, tmp_path: Path, shell: str, gone: str
) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    if gone == "without its interpreter":
        (tmp_path / "maestroctl").write_text("#!/gone/bin/python3\n")
        (tmp_path / "maestroctl").chmod(0o755)
    handlers = {
        "bash": "command_not_found_handle",
        "zsh": "command_not_found_handler",
        "fish": "fish_command_not_found",
    }
    talks = "function {name}; echo no such program; end" if shell == "fish" else "{name}() {{ echo no such program; }}"
    handler = talks.format(name=handlers[shell]) if gone == "with a handler that talks" else ""
    line = TAB[shell].format(script=cli("completion", shell).out)
    words = [program, "-f"] if shell == "zsh" else [program]
    env = {"HOME": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin", "LANG": os.environ.get("LANG", "C")}
    done = subprocess.run([*words, "-c", f"{handler}\n{line}"], capture_output=True, text=True, check=False, env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_line_for_a_start_file_is_silent_too(tmp_path: Path) -> None:
    line = 'command -v maestroctl >/dev/null && eval "$(maestroctl completion bash)"; true'
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=True, env={"PATH": str(tmp_path)})
    assert (done.stdout, done.stderr) == (b"", b"")
