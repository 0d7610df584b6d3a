"""Abbreviated ids: any part of an id, of at least four characters, that names one thing only.

Projects may also be named by their name. What looks like a whole id is passed on as it is, without asking anyone.
"""

from collections.abc import Iterator
from typing import Any

from maestroctl.client import Client
from maestrod.api.errors import Malformed, NotFound
from maestrod.api.ids import is_id

#: Fewer characters match too much, and the wrong thing would be stopped.
_SHORTEST = 4

_PAGE = 1000

#: Prefix of the ids of a kind, and the list of all of them.
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


def resolve_members(client: Client, members: dict[str, Any]) -> None:
    """Replace the abbreviated ids among a method's parameters. Raises ``NotFound`` or ``Malformed`` (ambiguous)."""
    for name, kind in _MEMBERS.items():
        if members.get(name):
            members[name] = resolve(client, members[name], kind)
    for name, kind in _LIST_MEMBERS.items():
        if members.get(name):
            members[name] = [resolve(client, text, kind) for text in members[name]]


def resolve(client: Client, text: str, *kinds: str) -> str:
    """The whole id of the one thing, of one of the kinds (``tsk``, ``ses``…), that ``text`` names."""
    if is_id(text):
        return text
    prefix, underscore, _ = text.partition("_")
    wanted = [kind for kind in kinds if not underscore or kind == prefix]
    words = " or ".join(_NAMES[kind] for kind in kinds)
    if not wanted:
        raise Malformed("usage", f"{text} is not the id of a {words}")
    found = [item for kind in wanted for item in _all(client, kind) if _matches(item, text, kind)]
    if len(found) == 1:
        return str(found[0]["id"])
    if not found:
        hint = "" if len(text) >= _SHORTEST else f" (an abbreviation has at least {_SHORTEST} characters)"
        raise NotFound("id.not_found", f"there is no {words} {text}{hint}")
    names = ", ".join(str(item["id"]) for item in found[:5]) + (", …" if len(found) > 5 else "")
    raise Malformed("id.ambiguous", f"{text} names {len(found)} things: {names}; write more of the id")


def _matches(item: dict[str, Any], text: str, kind: str) -> bool:
    if kind == "prj" and item.get("name") == text:
        return True
    part = text.removeprefix(f"{kind}_")
    body = str(item["id"]).partition("_")[2]
    anchored = part != text  # with its prefix it is the beginning
    return len(part) >= _SHORTEST and (body.startswith(part) if anchored else part in body)


def _all(client: Client, kind: str) -> Iterator[dict[str, Any]]:
    """Everything of a kind, page by page."""
    method, params = _LISTS[kind]
    cursor = None
    while True:
        page = client.raw(method, {**params, "limit": _PAGE, **({"cursor": cursor} if cursor else {})})
        yield from page.get("items", ())
        cursor = page.get("nextCursor")
        if not cursor:
            return
