"""Ids: ``<prefix>_<time-ordered random, lower-case base32>``, never reused.

The body is 26 characters of Crockford's base32 alphabet: 48 bits of milliseconds since the epoch, 80 bits of randomness (the
layout of ULID), so ids sort by creation time. The id of a queue is made from its session's id.
"""

import re

#: Crockford's alphabet, lower case: no i, l, o, u.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_BODY = 26
#: Writing two letters at once takes half the time.
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_PAIR_SHIFTS = range(5 * (_BODY - 2), -1, -10)
_TIME_BITS = 48
_RANDOM_BITS = 80
_PATTERN = re.compile(rf"(prj|tsk|ses|pln|run|evt|att|msg|tok|inc)_[{ALPHABET}]{{{_BODY}}}\Z")
_QUEUE_PREFIX = "que_"


def make_id(prefix: str, milliseconds: int, entropy: int) -> str:
    """An id with this prefix, time and entropy, of which the low 80 bits are used."""
    number = ((milliseconds & ((1 << _TIME_BITS) - 1)) << _RANDOM_BITS) | (entropy & ((1 << _RANDOM_BITS) - 1))
    return f"{prefix}_{''.join([_PAIRS[(number >> shift) & 1023] for shift in _PAIR_SHIFTS])}"


def queue_id(session_id: str) -> str:
    """The id of a session's queue."""
    return _QUEUE_PREFIX + session_id


def is_id(text: str) -> bool:
    """Whether ``text`` has the form of an id: safe to use as a file name."""
    return _PATTERN.match(text.removeprefix(_QUEUE_PREFIX)) is not None


def time_of(id_: str) -> int:
    """The time in an id, in ms since the epoch; 0 if ``id_`` is not an id with a time."""
    if not is_id(id_) or id_.startswith(_QUEUE_PREFIX):
        return 0
    number = 0
    for letter in id_[4:]:
        number = number << 5 | ALPHABET.index(letter)
    return number >> _RANDOM_BITS
