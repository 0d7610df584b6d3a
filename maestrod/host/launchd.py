"""The C function with which launchd hands over sockets.

``launch_activate_socket`` is declared in launch.h as ``int (const char *name, int **fds, size_t *count)``; it returns 0
or an errno, and the caller frees the array. Tested only with a fake of the same signature, not on macOS.
"""

import ctypes
import sys
from typing import Any


def activated_descriptors(name: str, library: Any = None) -> list[int]:
    """The descriptors that launchd opened for this job under ``name`` in its ``Sockets``.

    Empty when there are none, when launchd did not start this process, and on other systems. ``library`` replaces the C
    library in tests.
    """
    if library is None and sys.platform == "darwin":
        library = ctypes.CDLL(None)
    if library is None:
        return []
    activate, free = library.launch_activate_socket, library.free
    activate.argtypes = (ctypes.c_char_p, ctypes.POINTER(ctypes.POINTER(ctypes.c_int)), ctypes.POINTER(ctypes.c_size_t))
    activate.restype = ctypes.c_int
    free.argtypes, free.restype = (ctypes.c_void_p,), None
    descriptors, count = ctypes.POINTER(ctypes.c_int)(), ctypes.c_size_t()
    # ENOENT: no socket of that name; ESRCH: not started by launchd; EALREADY: taken before. Each time we open our own.
    if activate(name.encode(), ctypes.byref(descriptors), ctypes.byref(count)) != 0:
        return []
    try:
        return descriptors[: count.value]
    finally:
        free(descriptors)
