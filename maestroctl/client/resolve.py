"""Resolves abbreviated ids: any part of an id, of at least four characters, that matches only one entity.

Live sessions, active runs and open questions are searched first, then everything. Runs and questions also have numbers, and projects
have names. A whole id is passed on without asking the daemon.
"""

import re
from collections.abc import Iterator
from typing import Any

from maestroctl.client.client import Client
from maestroctl.output import safe
from maestrod.api.errors import Malformed, NotFound
from maestrod.api.model.ids import is_id

#: Fewer characters could match the wrong thing, for example for ``stop``.
_SHORTEST = 4

_PAGE = 1000

#: Candidates that are listed for an ambiguous abbreviation, and characters of their titles.
_SHOWN = 5
_TITLE = 60

#: The method that lists all entities of a kind, by the prefix of their ids.
_LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    "prj": ("project.list", {}),
    "tsk": ("task.list", {}),
    "ses": ("session.list", {}),
    "pln": ("plan.list", {}),
    "run": ("run.list", {}),
    "att": ("attention.list", {"answered": True}),
    "tok": ("token.list", {"revoked": True}),
    "msg": ("message.list", {}),
}

#: Parameters that list only open entities, for kinds that can also be closed.
_OPEN: dict[str, dict[str, Any]] = {"ses": {"live": True}, "run": {"active": True}, "att": {}}

#: Kinds with numbers: the method that finds an entity by number, its parameter, and the member of the reply.
_NUMBERED = {"run": ("run.get", "runId", "run"), "att": ("attention.get", "attentionId", "")}
_NUMBER = re.compile(r"(?P<sign>#?)[1-9][0-9]*", re.ASCII)

#: Kinds of the members that hold an id.
_MEMBERS = {
    "projectId": "prj",
    "taskId": "tsk",
    "onTaskId": "tsk",
    "byTaskId": "tsk",
    "parentId": "tsk",
    "sessionId": "ses",
    "parentSessionId": "ses",
    "planId": "pln",
    "runId": "run",
    "attentionId": "att",
    "tokenId": "tok",
    "messageId": "msg",
    "rootId": "tsk",
}
_LIST_MEMBERS = {"taskIds": "tsk", "sessionIds": "ses", "dependencies": "tsk"}

_NAMES = {
    "prj": "project",
    "tsk": "task",
    "ses": "session",
    "pln": "plan",
    "run": "run",
    "att": "question",
    "tok": "token",
    "msg": "message",
}


#: The commands that take the id of an entity of each kind.
_WAYS = {
    "prj": "`maestroctl project get {id}`",
    "tsk": "`maestroctl logs {id}`, `maestroctl why {id}` or `maestroctl task get {id}`",
    "ses": "`maestroctl logs {id}`, `maestroctl attach {id}` or `maestroctl session get {id}`",
    "pln": "`maestroctl plan get {id}`",
    "run": "`maestroctl why {id}`, `maestroctl watch {id}` or `maestroctl run get {id}`",
    "att": "`maestroctl answer {id} VALUE`",
    "tok": "`maestroctl token list`",
    "msg": "`maestroctl message get {id}`",
}

#: The command that lists the entities of each kind.
_LISTING = {kind: "maestroctl inbox" if kind == "att" else f"maestroctl {name} list" for kind, name in _NAMES.items()}


def resolve_members(client: Client, members: dict[str, Any]) -> None:
    """Replace abbreviated ids in a method's parameters. Raises ``NotFound`` or ``Malformed`` (ambiguous)."""
    for name, kind in _MEMBERS.items():
        if members.get(name):
            members[name] = resolve(client, members[name], kind)
    for name, kind in _LIST_MEMBERS.items():
        if members.get(name):
            members[name] = [resolve(client, text, kind) for text in members[name]]


def resolve(client: Client, text: str, *kinds: str) -> str:
    """The whole id of the only entity of these kinds (``tsk``, ``ses``…) that ``text`` names. Raises ``NotFound`` or ``Malformed``."""
    if is_id(text):
        _check_kind(text, kinds)
        return text
    prefix, underscore, _ = text.partition("_")
    wanted = [kind for kind in kinds if not underscore or kind == prefix]
    words = either([_NAMES[kind] for kind in kinds])
    if not wanted:
        _check_kind(text, kinds)
        raise Malformed("usage", f"{text} is not the id of {_with_article(words)}")
    numbered = _by_number(client, text, wanted)
    if numbered is not None:
        return numbered
    for only_open in (True, False):
        found = [item for kind in wanted for item in _all(client, kind, only_open) if _matches(item, text, kind)]
        if len(found) == 1:
            return str(found[0]["id"])
        if found:
            raise ambiguous(text, found)
    hint = "" if len(text) >= _SHORTEST else f" (abbreviations need at least {_SHORTEST} characters)"
    ways = either([f"`{_LISTING[kind]}`" for kind in kinds])
    raise NotFound("id.not_found", f"there is no {words} {text}{hint}; list them with {ways}")


def either(words: list[str]) -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def ambiguous(text: str, matches: list[dict[str, Any]]) -> Malformed:
    """The error for an ambiguous abbreviation: lists each match with its title."""
    shown = [f"  {item['id']}{_called(item)}" for item in matches[:_SHOWN]]
    shown += [f"  … and {len(matches) - _SHOWN} more"] if len(matches) > _SHOWN else []
    listed = "\n".join(shown)
    return Malformed(
        "id.ambiguous",
        f"{text} is ambiguous: it matches {len(matches)} ids:\n{listed}\nType more characters of the id.",
    )


def _called(item: dict[str, Any]) -> str:
    """The number, status and title of a candidate, if it has them."""
    number = f"  #{item['number']}" if item.get("number") else ""
    status = f"  {safe(item['status'])}" if item.get("status") else ""
    title = item.get("title") or item.get("name") or item.get("message") or item.get("text") or ""
    return f"{number}{status}" + (f"  {safe(title)[:_TITLE]}" if title else "")


def _by_number(client: Client, text: str, kinds: list[str]) -> str | None:
    """The id of the run or question with this number. Raises ``NotFound`` if the text can only be a number."""
    is_number = _NUMBER.fullmatch(text)
    kind = next((kind for kind in kinds if kind in _NUMBERED), None)
    if is_number is None or kind is None:
        return None
    method, member, way = _NUMBERED[kind]
    try:
        reply = client.raw(method, {member: text})
    except NotFound:
        if is_number["sign"] or len(text) < _SHORTEST:
            raise
        return None
    return str((reply[way] if way else reply)["id"])


def _check_kind(identity: str, kinds: tuple[str, ...]) -> None:
    """Refuse the id of another kind. Raises ``Malformed`` with the commands that take it."""
    kind = identity.partition("_")[0]
    if kind in kinds or kind not in _NAMES:
        return
    wanted = either([_NAMES[each] for each in kinds])
    raise Malformed(
        "id.other_kind",
        f"{identity} is the id of {_with_article(_NAMES[kind])}, but this command takes the id of {_with_article(wanted)}; "
        f"for {_with_article(_NAMES[kind])} use {_WAYS[kind].format(id=identity)}",
    )


def _with_article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _matches(item: dict[str, Any], text: str, kind: str) -> bool:
    if kind == "prj" and item.get("name") == text:
        return True
    part = text.removeprefix(f"{kind}_")
    body = str(item["id"]).partition("_")[2]
    anchored = part != text  # with a prefix, it is the beginning of an id
    return len(part) >= _SHORTEST and (body.startswith(part) if anchored else part in body)


def _all(client: Client, kind: str, only_open: bool = False) -> Iterator[dict[str, Any]]:
    """All entities of a kind, page by page. With ``only_open`` the open ones, or none for kinds that cannot be closed."""
    method, params = _LISTS[kind]
    if only_open and kind not in _OPEN:
        return
    params = _OPEN[kind] if only_open else params
    cursor = None
    while True:
        page = client.as_received(method, {**params, "limit": _PAGE, **({"cursor": cursor} if cursor else {})})
        yield from page.get("items", ())
        cursor = page.get("nextCursor")
        if not cursor:
            return
