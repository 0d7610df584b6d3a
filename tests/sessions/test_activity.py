"""The processor time of a process tree: running, ended and missing processes."""

import os
import subprocess
import sys

import pytest

from maestrod.sessions.activity import processor_seconds

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"


@pytest.mark.slow
def test_a_tree_includes_the_usage_of_its_children_even_after_they_ended() -> None:
    script = f"import subprocess, sys\nsubprocess.run([sys.executable, '-I', '-S', '-c', {BURN!r}])\nprint(flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        process.stdout.readline()
        assert processor_seconds(process.pid) >= 0.25
        process.stdin.close()


@pytest.mark.slow
def test_the_processor_time_of_children_counts_while_they_run() -> None:
    script = f"{BURN}print(flush=True)\ninput()"
    with subprocess.Popen(
        ["/bin/sh", "-c", '"$0" -I -S -c "$1"; true', sys.executable, script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        process.stdout.readline()
        assert processor_seconds(process.pid) >= 0.25
        process.stdin.close()


def test_a_process_that_has_ended_has_used_nothing() -> None:
    process = subprocess.Popen(["/bin/true"])
    process.wait()
    assert processor_seconds(process.pid) == 0.0
    assert processor_seconds(os.getpid()) > 0.0
