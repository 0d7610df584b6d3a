"""Path globs of a plan: whether they stay in the project, and whether two of them can mean the same file.

A pattern is relative to the project's folder; ``*`` and ``?`` do not cross a slash, ``**`` does, ``[...]`` is one character,
and a pattern also covers everything below what it matches (so ``src`` covers ``src/a.py``), as in ``.gitignore``.
"""

import functools


def problem(pattern: str) -> tuple[str, str] | None:
    """Code and message of what is wrong with a pattern, or None."""
    if not pattern.strip() or "\0" in pattern:
        return "path_empty", "A path is empty or contains a NUL; use a file or a glob relative to the project"
    if pattern.startswith(("/", "~")):
        return "path_absolute", f"`{pattern[:100]}` is absolute; use a path relative to the project's folder"
    if ".." in pattern.split("/"):
        return "path_escapes", f"`{pattern[:100]}` leaves the project's folder with `..`"
    return None


@functools.lru_cache(maxsize=4096)
def segments(pattern: str) -> tuple[str, ...]:
    """The pattern's parts between slashes, without empty ones and dots."""
    return tuple(part for part in pattern.split("/") if part not in {"", "."})


def overlap(one: str, other: str) -> bool:
    """Whether some file can match both patterns. A character class counts as any character: it errs towards yes."""
    return _parts_meet(segments(one), segments(other))


def _parts_meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Walk both patterns together over every way ``**`` can stretch; the end of either covers what is below it."""
    seen: set[tuple[int, int]] = set()
    open_pairs = [(0, 0)]
    while open_pairs:
        pair = open_pairs.pop()
        if pair in seen:
            continue
        seen.add(pair)
        i, j = pair
        if i == len(one) or j == len(other):
            return True
        if one[i] == "**":
            open_pairs += [(i + 1, j), (i, j + 1)]
        elif other[j] == "**":
            open_pairs += [(i, j + 1), (i + 1, j)]
        elif _names_meet(one[i], other[j]):
            open_pairs.append((i + 1, j + 1))
    return False


@functools.lru_cache(maxsize=65536)
def _names_meet(one: str, other: str) -> bool:
    """The same for one path part, where ``*`` stretches over characters."""
    if one == other:
        return True
    left, right = _tokens(one), _tokens(other)
    seen: set[tuple[int, int]] = set()
    open_pairs = [(0, 0)]
    while open_pairs:
        pair = open_pairs.pop()
        if pair in seen:
            continue
        seen.add(pair)
        i, j = pair
        if i == len(left) and j == len(right):
            return True
        if i < len(left) and left[i] == "*":
            open_pairs += [(i + 1, j), (i, j + 1)] if j < len(right) else [(i + 1, j)]
        elif j < len(right) and right[j] == "*":
            open_pairs += [(i, j + 1), (i + 1, j)] if i < len(left) else [(i, j + 1)]
        elif i < len(left) and j < len(right) and ("?" in {left[i], right[j]} or left[i] == right[j]):
            open_pairs.append((i + 1, j + 1))
    return False


def _tokens(part: str) -> list[str]:
    """Characters, with runs of stars as one and a class as ``?``."""
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
