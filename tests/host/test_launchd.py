"""The launchd call, against a stand-in with the same C signature."""

import ctypes
import errno
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from maestrod.host.launchd import activated_descriptors

ACTIVATE = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_char_p, ctypes.POINTER(ctypes.POINTER(ctypes.c_int)), ctypes.POINTER(ctypes.c_size_t)
)
FREE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


def library(descriptors: list[int], result: int, freed: list[int]) -> SimpleNamespace:
    """A C library whose launchd holds ``descriptors`` under the name ``maestrod``."""
    array = (ctypes.c_int * len(descriptors))(*descriptors)

    def activate(name: bytes, where: Any, count: Any) -> int:
        if result == 0 and name == b"maestrod":
            where[0] = ctypes.cast(array, ctypes.POINTER(ctypes.c_int))
            count[0] = len(descriptors)
            return 0
        return result or errno.ENOENT

    return SimpleNamespace(launch_activate_socket=ACTIVATE(activate), free=FREE(freed.append))


def test_the_descriptors_come_back_and_the_array_is_freed_once() -> None:
    freed: list[int] = []
    assert activated_descriptors("maestrod", library([7, 9], 0, freed)) == [7, 9]
    assert len(freed) == 1


@pytest.mark.parametrize("error", [errno.ENOENT, errno.ESRCH, errno.EALREADY])
def test_sockets_that_launchd_does_not_pass_are_none(error: int) -> None:
    freed: list[int] = []
    assert activated_descriptors("maestrod", library([7], error, freed)) == []
    assert activated_descriptors("other", library([7], 0, freed)) == []
    assert freed == []


@pytest.mark.skipif(sys.platform == "darwin", reason="about systems without launchd")
def test_other_systems_have_none() -> None:
    assert activated_descriptors("maestrod") == []
