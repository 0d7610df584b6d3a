"""Arguments of programs, counted as the kernel counts them."""

import os

import pytest

from maestrod.api.errors import Malformed
from maestrod.core.plan.arguments import LONGEST, check, check_commands, command_problem, problem


def test_bytes_count_and_not_characters() -> None:
    assert problem("echo 中" + "中" * 10_000) == ""
    assert "150,000 bytes" in problem("中" * 50_000)
    assert problem("a" * LONGEST) == "" and problem("a" * (LONGEST + 1))


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="other systems take more in one argument")
def test_the_kernel_accepts_the_longest_path_and_nothing_longer() -> None:
    process = os.posix_spawn("/bin/sh", ["/bin/sh", "-c", ":" + " " * (LONGEST - 1)], os.environ)
    assert os.waitpid(process, 0)[1] == 0
    with pytest.raises(OSError, match="too long"):
        os.posix_spawn("/bin/sh", ["/bin/sh", "-c", ":" + " " * LONGEST], os.environ)


def test_the_first_mismatch_is_named() -> None:
    check(["a", "b"], "commands")
    with pytest.raises(Malformed, match=r"commands\[1\] contains a NUL character") as caught:
        check(["a", "b\0"], "commands")
    assert caught.value.details == {"path": "$.commands[1]"}


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u00a0\u3000"])
def test_a_blank_command_is_refused(blank: str) -> None:
    assert "is blank" in command_problem(blank)
    with pytest.raises(Malformed, match=r"checks\[0\] is blank"):
        check_commands([blank], "checks")
    check([blank], "program")
