"""Path globs of a plan: whether they stay in the project, and whether two of them can match the same file.

A pattern is relative to the project's folder. ``*`` and ``?`` do not match a slash, ``**`` does, and ``[...]`` is one
character. A pattern also covers everything below its matches (``src`` covers ``src/a.py``), as in ``.gitignore``.
"""

import functools
from collections.abc import Callable

#: Pairs of positions in two patterns.
_Pairs = tuple[tuple[int, int], ...]


def path_problem(pattern: str) -> tuple[str, str] | None:
    """Code and message of a pattern's error, or None."""
    if not pattern.strip() or "\0" in pattern:
        return "path_empty", "A path is empty or contains a NUL; use a file or a glob relative to the project"
    if pattern.startswith(("/", "~")):
        return "path_absolute", f"`{pattern[:100]}` is absolute; use a path relative to the project's folder"
    if ".." in pattern.split("/"):
        return "path_escapes", f"`{pattern[:100]}` leaves the project's folder with `..`"
    return None


@functools.lru_cache(maxsize=4096)
def segments(pattern: str) -> tuple[str, ...]:
    """The parts of a pattern between slashes, without empty parts and dots."""
    return tuple(part for part in pattern.split("/") if part not in {"", "."})


def overlap(one: str, other: str) -> bool:
    """Whether a file can match both patterns. A character class counts as any character, so the result errs towards yes."""
    return _parts_meet(segments(one), segments(other))


def _parts_meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Walk both patterns together over all expansions of ``**``. The end of either pattern covers everything below it."""

    def after(i: int, j: int) -> _Pairs | None:
        if i == len(one) or j == len(other):
            return None
        if "**" in {one[i], other[j]}:
            return (i + 1, j), (i, j + 1)
        return ((i + 1, j + 1),) if _names_meet(one[i], other[j]) else ()

    return _reaches_an_end(after)


@functools.lru_cache(maxsize=65536)
def _names_meet(one: str, other: str) -> bool:
    """The same for one path part, in which ``*`` expands to characters."""
    if one == other:
        return True
    left, right = _tokens(one), _tokens(other)

    def after(i: int, j: int) -> _Pairs | None:
        if i == len(left) and j == len(right):
            return None
        if i < len(left) and left[i] == "*":
            return ((i + 1, j), (i, j + 1)) if j < len(right) else ((i + 1, j),)
        if j < len(right) and right[j] == "*":
            return ((i, j + 1), (i + 1, j)) if i < len(left) else ((i, j + 1),)
        both = i < len(left) and j < len(right) and ("?" in {left[i], right[j]} or left[i] == right[j])
        return ((i + 1, j + 1),) if both else ()

    return _reaches_an_end(after)


def _reaches_an_end(after: Callable[[int, int], _Pairs | None]) -> bool:
    """Whether a walk over pairs of positions from the start can reach an end. ``after`` returns the next pairs, None at an end."""
    seen: set[tuple[int, int]] = set()
    open_pairs = [(0, 0)]
    while open_pairs:
        pair = open_pairs.pop()
        if pair in seen:
            continue
        seen.add(pair)
        following = after(*pair)
        if following is None:
            return True
        open_pairs += following
    return False


def _tokens(part: str) -> list[str]:
    """The characters of a part, with a run of stars as one star and a class as ``?``."""
    tokens: list[str] = []
    place = 0
    while place < len(part):
        char = part[place]
        end = part.find("]", place + 2) if char == "[" else -1
        if end > 0:
            tokens.append("?")
            place = end
        elif char != "*" or tokens[-1:] != ["*"]:
            tokens.append(char)
        place += 1
    return tokens
