"""The leftovers of an interrupted run are ended: marked processes and their children, and nothing else."""

import os
import subprocess
import uuid

from tests.kit.leftovers import MARK, end_all_of

#: A program that starts one without a mark, as agents are, and says when it has.
PARENT = "env -i sleep 1000 & echo started; wait"


def test_the_leftovers_of_a_test_run_are_ended_with_everything_below() -> None:
    run = uuid.uuid4().hex
    mine = subprocess.Popen(["sh", "-c", PARENT], env={**os.environ, MARK: run}, stdout=subprocess.PIPE)
    other = subprocess.Popen(["sleep", "1000"], env={**os.environ, MARK: uuid.uuid4().hex})
    assert mine.stdout is not None and mine.stdout.readline() == b"started\n"
    assert len(end_all_of(run)) == 2
    assert mine.wait() == -9 and mine.stdout.read() == b""  # which the one below held open
    assert other.poll() is None
    other.kill()
    other.wait()
    mine.stdout.close()
