"""What the daemon takes for itself, and what agents get back."""

import os
import resource
from collections.abc import Iterator

import pytest

from maestrod.host.inherited import PRIVATE, USUAL, take


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    umask = os.umask(0o027)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    os.umask(umask)
    resource.setrlimit(resource.RLIMIT_NOFILE, limit)


@pytest.mark.parametrize(
    "given, managed, setting, agents",
    [
        (0o027, False, "", 0o027),
        (PRIVATE, False, "", PRIVATE),
        (0o002, True, "", 0o002),
        (PRIVATE, True, "", USUAL),
        (PRIVATE, True, "077", PRIVATE),
        (0o022, False, "0007", 0o007),
    ],
)
def test_agents_get_the_umask_of_the_user_who_started_the_daemon(
    given: int, managed: bool, setting: str, agents: int
) -> None:
    os.umask(given)
    assert take(managed=managed, umask=setting).umask == agents
    assert os.umask(PRIVATE) == PRIVATE, "the daemon's own files are for its user alone"


def test_agents_get_the_soft_descriptor_limit_the_daemon_had() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    assert take(managed=False).open_files == 200
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    assert take(managed=False).open_files is None, "there is nothing to give back"
