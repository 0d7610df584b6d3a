"""Completes a command line for the shell: names of commands, options and ids. It never fails, never starts a daemon and never takes
more than a second: candidates that are not available by then are left out.

The shell calls ``maestroctl __complete WORD… CURRENT`` at each press of the key, so this imports as little as possible: names of
verbs are data, and ids come from one call to the daemon, if it runs.
"""

import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from maestroctl.commands import NOUNS, VERBS
from maestroctl.output import answer, safe

#: Verbs whose first argument is an id, with the kinds of things that it may name.
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

#: Filters for lists of which only some entries make sense, by the command (verb, or noun and verb) and the list.
_LIVE, _ACTIVE, _FAILED = {"live": True}, {"active": True}, {"status": "failed"}
_NARROWED: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("attach", "session"): _LIVE,
    ("send", "session"): _LIVE,
    ("stop", "session"): _LIVE,
    ("stop", "run"): _ACTIVE,
    ("stop", "task"): {"status": "in_progress"},
    ("pause", "session"): _LIVE,
    ("pause", "run"): _ACTIVE,
    ("resume", "session"): _LIVE,
    ("resume", "run"): _ACTIVE,
    ("wait", "run"): _ACTIVE,
    ("retry", "task"): _FAILED,
    ("task retry", "task"): _FAILED,
    ("session stop", "session"): _LIVE,
    ("session send", "session"): _LIVE,
    ("session pause", "session"): _LIVE,
    ("session resume", "session"): _LIVE,
    ("run cancel", "run"): _ACTIVE,
    ("run pause", "run"): _ACTIVE,
    ("run resume", "run"): _ACTIVE,
    ("run wait", "run"): _ACTIVE,
}

#: Options whose value is the name or id of a listed thing.
_VALUES: Mapping[str, str] = {
    "--agent": "agent",
    "--persona": "persona",
    "--project": "project",
    "--project-id": "project",
    "--task": "task",
    "--task-id": "task",
    "--session-id": "session",
    "--run-id": "run",
}

#: Options whose value is one of a few words.
_WORDS: Mapping[str, tuple[str, ...]] = {
    "--role": ("orchestrator", "worker"),
    "--for": ("once", "session"),
    "--order": ("newest", "oldest"),
    "--color": ("auto", "always", "never"),
}

#: Commands of the verbs that are groups; those of nouns come from the rows.
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "daemon": ("start", "stop", "restart", "status", "install", "uninstall"),
    "store": ("check", "export", "import"),
    "config": ("show",),
    "hooks": ("install", "show", "remove"),
    "completion": ("bash", "zsh", "fish"),
    "plan": ("check", "submit"),
    "event": ("report", "list", "subscribe"),
}

#: Commands whose argument is a file: without candidates from us, the shell completes file names.
_FILES = {("plan", "check"), ("plan", "submit")}

#: Maximum seconds from the key to the list, even if the daemon or a disk hangs.
_SECONDS = 0.8

#: Lists without pages, which take no limit.
_WHOLE = frozenset({"agent", "persona"})

#: Maximum candidates: a shell cannot usefully show more.
_LIMIT = 200


def complete(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Print the candidates for the last word, one per line, each with a tab and a description."""
    *before, current = words or [""]
    with suppress(_TooLate), _in_time():
        for name, description in candidates(before, current, environ):
            if name.startswith(current):
                answer(f"{name}\t{safe(description)}")
    return 0


class _TooLate(BaseException):
    """The time is up. Not an ``Exception``, so that no error handler catches it."""


@contextmanager
def _in_time() -> Iterator[None]:
    """Raise ``_TooLate`` if the block takes too long, whatever it waits for."""

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
    """What may follow the words before."""
    if not before:
        yield from {**VERBS, **NOUNS}.items()
    elif before[-1] in _VALUES:
        yield from _named(_VALUES[before[-1]], environ)
    elif before[-1] in _WORDS:
        yield from ((word, "") for word in _WORDS[before[-1]])
    elif before[-1] in {"--plan", "--planner"} or tuple(before) in _FILES:
        return
    elif len(before) == 1 and not current.startswith("-"):
        yield from _second(before[0], environ, current)
    elif len(before) == 2 and before[0] in NOUNS and not current.startswith("-"):
        yield from _ids((before[0],), environ, " ".join(before), current)
    elif len(before) == 2 and not current.startswith("-"):
        yield from _third(before, environ, current)
    elif current.startswith("-"):
        yield from _options(before)


def _second(word: str, environ: Mapping[str, str], current: str) -> Iterator[tuple[str, str]]:
    yield from ((name, "") for name in _GROUPS.get(word, ()))
    if word in _SUBJECTS:
        yield from _ids(_SUBJECTS[word], environ, word, current)
    elif word == "rpc":
        from maestrod.api.protocol.registry import METHODS

        yield from ((name, row.summary) for name, row in METHODS.items())
    elif word in NOUNS:
        from maestrod.api.protocol.registry import METHODS

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


def _third(before: Sequence[str], environ: Mapping[str, str], current: str) -> Iterator[tuple[str, str]]:
    """What follows an id: the options of a question, or the ids that a group's commands take."""
    if before[0] == "answer":
        for item in _items("attention", environ):
            if before[1] in {item.get("id"), str(item.get("number")), f"#{item.get('number')}"}:
                yield from ((option, item.get("message", "")) for option in item.get("options", ()))
    elif before[0] == "run":
        yield from _ids(("run",), environ, " ".join(before), current)
    elif before[0] == "attach":
        yield from _ids(("session",), environ, "attach", current)


def _named(noun: str, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The names of things that have names, else their ids."""
    for item in _items(noun, environ):
        if noun in {"agent", "persona", "project"}:
            yield item["name"], item.get("description") or item.get("workingDir") or ""
        elif "id" in item:
            yield item["id"], _words(item)


def _ids(nouns: Sequence[str], environ: Mapping[str, str], command: str, current: str) -> Iterator[tuple[str, str]]:
    """The ids of what exists, newest first, with their titles; numbers for things that have one, unless the user began an id."""
    for noun in nouns:
        for item in _items(noun, environ, _NARROWED.get((command, noun), {})):
            number = item.get("number")
            if number and not current[:1].isalpha():
                yield str(number), _words(item)
            elif "id" in item:
                yield item["id"], _words(item)


def _words(item: Mapping[str, Any]) -> str:
    """The description of a thing: its title, name, message or status."""
    return str(item.get("title") or item.get("name") or item.get("message") or item.get("status") or "")


def _items(noun: str, environ: Mapping[str, str], query: Mapping[str, Any] = {}) -> Sequence[Mapping[str, Any]]:
    """The entries that the daemon lists; none if no daemon answers."""
    from maestroctl.client.client import Client
    from maestrod.api.errors import MaestroError
    from maestrod.api.local.address import paths_of

    try:
        with Client(paths_of(environ), patience=0.0) as client:
            params = {**query} if noun in _WHOLE else {"limit": _LIMIT, **query}
            items: Sequence[Mapping[str, Any]] = client.raw(f"{noun}.list", params).get("items", ())
    except MaestroError:
        return ()
    return items
