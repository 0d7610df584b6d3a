"""Hearing that the wall clock was set, or that the machine slept, without looking again and again.

Linux tells it by a timer that is cancelled when the clock jumps (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET); a sleep counts as a
jump, because the clock is read anew from the hardware afterwards. Elsewhere one looks every ``LOOK_SECONDS``.
"""

import ctypes
import os
import sys

import trio

#: Seconds between two looks where the system does not tell: as often as other checks of an idle daemon.
LOOK_SECONDS = 20.0

_CLOCK_REALTIME = 0
_ABSTIME_CANCEL_ON_SET = 1 | 2
#: A moment (s) that does not come: the timer is there to be cancelled.
_NEVER = 1 << 40


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class ClockWatch:
    """``changed`` returns when the clock has jumped since it was called, or it is time to look."""

    def __init__(self) -> None:
        self._fd = _timer()

    @property
    def is_told(self) -> bool:
        """Whether the system tells of jumps."""
        return self._fd is not None

    async def changed(self) -> None:
        """Wait for a jump, or for the next look where nobody tells of one."""
        if self._fd is None or not _arm(self._fd):
            await trio.sleep(LOOK_SECONDS)
            return
        await trio.lowlevel.wait_readable(self._fd)

    def close(self) -> None:
        """Give the timer back."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _timer() -> int | None:
    """The descriptor of a new timer, where the system has such timers."""
    if sys.platform != "linux":
        return None
    try:
        fd: int = ctypes.CDLL(None, use_errno=True).timerfd_create(_CLOCK_REALTIME, os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, AttributeError):
        return None
    return fd if fd >= 0 else None


def _arm(fd: int) -> bool:
    """Wait for the next jump; what the timer told before is over."""
    never = _Itimerspec(_Timespec(0, 0), _Timespec(_NEVER, 0))
    settime = ctypes.CDLL(None, use_errno=True).timerfd_settime
    return bool(settime(fd, _ABSTIME_CANCEL_ON_SET, ctypes.byref(never), None) == 0)
