"""Answers the shell's question what may come next: names of commands, options, ids. Never an error, never a daemon started,
never more than a second: what is not there by then is left out.

Called as ``maestroctl __complete WORD… CURRENT`` for each press of the key, so it imports as little as it can: names of verbs
are data, ids come from one call to the daemon if it runs.
"""

import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from maestroctl.commands import NOUNS, VERBS
from maestroctl.output import answer, safe

#: Verbs whose first argument is an id, and the lists of what it may name.
_SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "watch": ("run",),
    "logs": ("session", "task"),
    "attach": ("session",),
    "send": ("session",),
    "stop": ("session", "run", "task"),
    "pause": ("session", "run"),
    "resume": ("session", "run"),
    "retry": ("task",),
    "wait": ("run", "task"),
    "why": ("session", "task", "run"),
    "answer": ("attention",),
}

#: Commands of the verbs that are groups; the nouns' come from the rows.
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "daemon": ("start", "stop", "restart", "status", "install", "uninstall"),
    "store": ("check", "export", "import"),
    "config": ("show",),
    "hooks": ("install", "show", "remove"),
    "completion": ("bash", "zsh", "fish"),
    "plan": ("check", "submit"),
    "event": ("report", "subscribe"),
}

#: Commands whose argument is a file: the shell completes those by itself where we say nothing.
_FILES = {("plan", "check"), ("plan", "submit")}

#: Seconds a person waits for a list after the key: a daemon that hangs, or a disk, costs no more.
_SECONDS = 0.8

#: What a shell can show of a list at once.
_LIMIT = 200


def complete(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Print the candidates for the last of the words, one per line, each with a tab and a description."""
    *before, current = words or [""]
    with suppress(_TooLate), _in_time():
        for name, description in candidates(before, current, environ):
            if name.startswith(current):
                answer(f"{name}\t{safe(description)}")
    return 0


class _TooLate(BaseException):
    """The time is over; no handler of errors may take it for one of its own."""


@contextmanager
def _in_time() -> Iterator[None]:
    """Raise ``_TooLate`` when the block takes too long, whatever it is waiting for."""

    def end(number: int, frame: object) -> None:
        raise _TooLate

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, _SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def candidates(before: Sequence[str], current: str, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What may stand after the words before."""
    if not before:
        yield from {**VERBS, **NOUNS}.items()
    elif before[-1] == "--agent":
        yield from _agents(environ)
    elif before[-1] in {"--plan", "--planner"} or tuple(before) in _FILES:
        return
    elif len(before) == 1 and not current.startswith("-"):
        yield from _second(before[0], environ)
    elif len(before) == 2 and before[0] in NOUNS and not current.startswith("-"):
        yield from _ids((before[0],), environ)
    elif current.startswith("-"):
        yield from _options(before)


def _second(word: str, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from ((name, "") for name in _GROUPS.get(word, ()))
    if word in _SUBJECTS:
        yield from _ids(_SUBJECTS[word], environ)
    elif word in NOUNS:
        from maestrod.api.registry import METHODS

        yield from ((row.verb, row.summary) for row in METHODS.values() if row.noun == word)


def _options(before: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The options of a command, which only the command itself knows."""
    from maestroctl.app import load

    command = load(before[0]) if before[0] in {**VERBS, **NOUNS} else None
    commands = getattr(command, "commands", {})
    command = commands.get(before[1]) if len(before) > 1 and before[1] in commands else command
    default = getattr(command, "default", None)
    command = commands.get(default) if default else command
    for option in command.params if command else ():
        yield from ((name, getattr(option, "help", "") or "") for name in option.opts if name.startswith("--"))
    yield "--help", "Say what it does."


def _agents(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Names of agents."""
    yield from ((item["name"], item.get("description", "")) for item in _items("agent", environ))


def _ids(nouns: Sequence[str], environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Ids of what there is, newest last, with their names."""
    for noun in nouns:
        for item in _items(noun, environ):
            if "id" in item:
                words = item.get("title") or item.get("name") or item.get("message") or item.get("status", "")
                yield item["id"], words


def _items(noun: str, environ: Mapping[str, str]) -> Sequence[Mapping[str, str]]:
    """What the daemon lists; nothing when none answers."""
    from maestroctl.client import Client
    from maestrod.api.address import places
    from maestrod.api.errors import MaestroError

    try:
        with Client(places(environ), patience=0.0) as client:
            items: Sequence[Mapping[str, str]] = client.raw(f"{noun}.list", {"limit": _LIMIT}).get("items", ())
    except MaestroError:
        return ()
    return items
