"""Detects without polling that the wall clock was set or the machine slept.

Linux cancels a special timer when the clock jumps (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET). A sleep counts as a
jump, because the clock is read from the hardware again afterwards. Other systems are polled every ``LOOK_SECONDS``.
"""

import ctypes
import os
import sys

import trio

#: Polling interval (s) where the system does not report jumps, as for other checks of an idle daemon.
LOOK_SECONDS = 20.0

_CLOCK_REALTIME = 0
_ABSTIME_CANCEL_ON_SET = 1 | 2
#: A time (s) that is never reached: the timer only exists to be cancelled.
_NEVER = 1 << 40


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class ClockWatch:
    """``changed`` returns when the clock has jumped since the call, or when it is time to poll."""

    def __init__(self) -> None:
        self._fd = _timer()

    @property
    def is_notified(self) -> bool:
        """Whether the system reports jumps."""
        return self._fd is not None

    async def changed(self) -> None:
        """Wait for a jump, or for the next poll where the system does not report jumps."""
        if self._fd is None or not _arm(self._fd):
            await trio.sleep(LOOK_SECONDS)
            return
        await trio.lowlevel.wait_readable(self._fd)

    def close(self) -> None:
        """Close the timer."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _timer() -> int | None:
    """The file descriptor of a new timer; None if the system has no such timers."""
    if sys.platform != "linux":
        return None
    try:
        fd: int = ctypes.CDLL(None, use_errno=True).timerfd_create(_CLOCK_REALTIME, os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, AttributeError):
        return None
    return fd if fd >= 0 else None


def _arm(fd: int) -> bool:
    """Set the timer again, so that it reports only later jumps. Returns whether that worked."""
    never = _Itimerspec(_Timespec(0, 0), _Timespec(_NEVER, 0))
    settime = ctypes.CDLL(None, use_errno=True).timerfd_settime
    return bool(settime(fd, _ABSTIME_CANCEL_ON_SET, ctypes.byref(never), None) == 0)
