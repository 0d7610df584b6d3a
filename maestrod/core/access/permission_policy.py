"""Applies a project's permission settings to an agent's request: allow it, deny it, or ask the user.

A pattern is the name of the agent's tool and, in parentheses, a glob over what the agent wants to do with it: the command, if
its input has one, else the one-line summary. A command can contain another one (``git diff; curl …``). So a pattern that allows
never matches across shell operators, past cut-off text, or out of a folder by ``..``, while a pattern that denies is matched
with every part of a command. In doubt, the user is asked. A report to the daemon (``maestroctl …`` and nothing else) is always
allowed, because the agent's token limits what it may do there.
"""

import re
from fnmatch import fnmatchcase

import msgspec

from maestrod.api.project import PermissionPolicy, Permissions
from maestrod.core.values.signs import LINE, PermissionAsked

#: Shell operators, outside quotes. Globs and ``~`` are not among them, because they belong to the same command.
_OPERATORS = frozenset(";&|<>`\n\r")
#: Separators between commands, for patterns that deny. They count inside quotes too.
_SEAMS = re.compile(r"[;&|()`{}\n\r]|\$\(")
_PATTERN = re.compile(r"(?P<tool>[^()]+)(?:\((?P<glob>.*)\))?", re.DOTALL)
#: Words in the names of tools that run commands, for requests that do not show their input.
_SHELLS = ("bash", "shell", "exec", "command", "terminal")
_OURS = "maestroctl"


class Action(msgspec.Struct, frozen=True):
    """What an agent wants to do: ``text`` is the command or the summary, ``whole`` says that nothing was cut off."""

    tool: str
    text: str
    whole: bool
    is_command: bool


def judge(settings: Permissions, sign: PermissionAsked) -> PermissionPolicy:
    """Decide a request by the settings."""
    subject = _subject(sign)
    if is_report(sign):
        return PermissionPolicy.ALLOW
    if any(_denies(pattern, subject) for pattern in settings.deny):
        return PermissionPolicy.DENY
    if any(_allows(pattern, subject) for pattern in settings.allow):
        return PermissionPolicy.ALLOW
    if settings.policy is PermissionPolicy.ALLOW and not subject.whole and _is_named(settings.deny, subject):
        return PermissionPolicy.ASK  # the part that was cut off may be denied
    return settings.policy


def is_report(sign: PermissionAsked) -> bool:
    """Whether the agent only wants to report to the daemon."""
    subject = _subject(sign)
    return subject.is_command and subject.whole and subject.text.split()[:1] == [_OURS] and is_simple(subject.text)


def is_simple(command: str) -> bool:
    """Whether a shell would run one command and nothing else: no operator, substitution or open quote (POSIX shell, 2.2)."""
    quote, escaped = "", False
    for place, character in enumerate(command):
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif quote:
            if character == quote:
                quote = ""
            elif quote == '"' and _substitutes(command, place):
                return False
        elif character in "'\"":
            quote = character
        elif character in _OPERATORS or _substitutes(command, place):
            return False
    return not quote and not escaped


def _substitutes(command: str, place: int) -> bool:
    return command[place] == "`" or command.startswith("$(", place)


def _subject(sign: PermissionAsked) -> Action:
    try:
        document = msgspec.json.decode(sign.input) if sign.input else None
    except msgspec.DecodeError:
        return Action(sign.tool, sign.summary, whole=False, is_command=_runs_commands(sign.tool))
    command = document.get("command") if isinstance(document, dict) else None
    if isinstance(command, list) and all(isinstance(word, str) for word in command):
        command = " ".join(command)
    if isinstance(command, str):
        return Action(sign.tool, command, whole=True, is_command=True)
    whole = len(sign.summary) < LINE
    return Action(sign.tool, sign.summary, whole, is_command=document is None and _runs_commands(sign.tool))


def _runs_commands(tool: str) -> bool:
    return any(word in tool.lower() for word in _SHELLS)


def is_pattern(text: str) -> bool:
    """Whether a pattern is well formed. A malformed pattern would match nothing, whatever it was meant to deny."""
    return bool(_parsed(text)[0])


def _parsed(pattern: str) -> tuple[str, str | None]:
    """Tool and glob of a pattern; the tool of a malformed pattern is empty."""
    match = _PATTERN.fullmatch(pattern.strip())
    return ("", None) if match is None else (match["tool"].strip(), match["glob"])


def _is_tool(name: str, subject: Action) -> bool:
    return bool(name) and fnmatchcase(subject.tool.lower(), name.lower())


def _fits(text: str, glob: str) -> bool:
    """Match a glob. ``git diff:*``, the syntax of Claude Code's settings, matches the command with any arguments."""
    if glob.endswith(":*"):
        return text == glob[:-2] or text.startswith(glob[:-2] + " ")
    return fnmatchcase(text, glob)


def _allows(pattern: str, subject: Action) -> bool:
    name, glob = _parsed(pattern)
    if not _is_tool(name, subject):
        return False
    if glob is None or glob == "*":
        return True
    if not subject.whole:
        return False
    contained = is_simple(subject.text) and ".." not in re.split(r"[/\s]", subject.text)
    return subject.text == glob or (contained and _fits(subject.text, glob))


def _denies(pattern: str, subject: Action) -> bool:
    name, glob = _parsed(pattern)
    if not _is_tool(name, subject):
        return False
    parts = (subject.text, *(part.strip() for part in _SEAMS.split(subject.text)))
    return glob is None or any(_fits(part, glob) for part in parts)


def _is_named(patterns: tuple[str, ...], subject: Action) -> bool:
    return any(_is_tool(_parsed(pattern)[0], subject) for pattern in patterns)
