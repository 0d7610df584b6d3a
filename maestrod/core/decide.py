"""The entry point of the domain: decides commands and facts.

``decide`` finds the rule, runs it on a draft, brings the world to rest (roll-up), gives free slots to units that can start
(scheduling) and returns the decision. When a rule refuses, all changes are undone: a refused command changes nothing.
"""

import hashlib
from itertools import islice
from typing import Any

import msgspec

from maestrod.api.errors import Conflict
from maestrod.api.model.base import Params
from maestrod.api.reason import Source
from maestrod.api.session import SessionStatus
from maestrod.core.access.scope import check_actor, check_alive
from maestrod.core.rest import come_to_rest
from maestrod.core.rules import FACTS, RULES
from maestrod.core.session.session import move
from maestrod.core.values.command import Actor, Command, Stamp
from maestrod.core.values.facts import Fact
from maestrod.core.values.lifecycle import SessionEvent
from maestrod.core.values.seen import BLIND, Seen
from maestrod.core.values.signs import NOTHING
from maestrod.core.world import clock_rules
from maestrod.core.world.draft import Decision, Draft
from maestrod.core.world.entities import KIND_OF, RememberedRequest, whole
from maestrod.core.world.sparse import sparse
from maestrod.core.world.world import World


def decide(world: World, command: Command | Fact, stamp: Stamp, seen: Seen = BLIND) -> Decision:
    """Decide a command or a fact. It changes the world when it returns, and leaves it unchanged when it raises.

    Raises a ``MaestroError`` if the command is refused, ``Unseen`` if a rule needs an answer that ``seen`` does not have.
    """
    draft = Draft(world, stamp, seen, command.reading if isinstance(command, Command) else NOTHING)
    try:
        reply = _reply(draft, command) if isinstance(command, Command) else _find_out(draft, command)
    except BaseException:
        draft.undo()
        raise
    return Decision(draft.events, draft.effects, reply, draft)


def _reply(draft: Draft, command: Command) -> Any:
    check_actor(draft.world, command.actor)
    request_id = command.params.request_id or getattr(command.params, "event_id", None)
    if request_id is None:
        return _run(draft, command)
    key = f"{command.actor.session_id or 'owner'}:{request_id}"
    digest = _digest(command.method, command.params)
    first = draft.world.requests.get(key)
    if first is not None:
        return _first_reply(draft, first, command.method, digest)
    reply = _run(draft, command)
    if not draft.events:  # nothing changed, as when a queue had no item to give: the same call may find one later
        return reply
    _forget_old(draft)
    draft.put(
        RememberedRequest(
            id=key,
            method=command.method,
            digest=digest,
            reply=whole(reply),
            at=_made_at(draft),
        )
    )
    return reply


def _find_out(draft: Draft, fact: Fact) -> Any:
    FACTS[type(fact)](draft, fact)
    come_to_rest(draft)
    return None


def _run(draft: Draft, command: Command) -> Any:
    check_alive(draft.world, command.actor)
    _note_sign_of_life(draft, command.actor)
    reply = RULES[command.method].function(draft, command.params, command.actor)
    come_to_rest(draft)
    return _latest(draft, reply)


def _note_sign_of_life(draft: Draft, actor: Actor) -> None:
    """Register a session with its first call, which shows that its agent has started."""
    session = draft.world.sessions.get(actor.session_id or "")
    if session is not None and session.status is SessionStatus.SPAWNING:
        move(draft, session, SessionEvent.REGISTER, draft.reason(Source.REPORT, "registered", "the agent is ready"))


def _latest(draft: Draft, reply: Any) -> Any:
    """The entity of the reply, after roll-up and scheduling."""
    kind = KIND_OF.get(type(reply))
    return reply if kind is None else draft.world.tables[kind].get(reply.id, reply)


def _digest(method: str, params: Params) -> str:
    """Digest of the method and the parameters, without request id, token and event time; equal calls have equal digests."""
    when = {"at": None} if hasattr(params, "at") else {}
    same = msgspec.structs.replace(params, request_id=None, session_token=None, **when)
    return hashlib.sha256(method.encode() + b"\0" + msgspec.json.encode(sparse(same), order="sorted")).hexdigest()


def _first_reply(draft: Draft, first: RememberedRequest, method: str, digest: str) -> Any:
    if (first.method, first.digest) != (method, digest):
        request_id = first.id.partition(":")[2]
        raise Conflict(
            "request.reused", f"request id {request_id!r} was already used for another call", {"requestId": request_id}
        )
    rule = RULES[method]
    reply = msgspec.convert(first.reply, rule.reply)
    if rule.on_repeat is not None:
        rule.on_repeat(draft, reply)
    return reply


def _made_at(draft: Draft) -> int:
    """Now, but at least 1 ms after the newest remembered request, because requests are forgotten in the order of their times."""
    newest = next(reversed(draft.world.requests.values()), None)
    now = clock_rules.requests_now(draft)
    return now if newest is None else max(now, newest.at + 1)


def _forget_old(draft: Draft) -> None:
    """Forget up to two remembered requests that are too old or too many. This bounds both work and memory."""
    requests, policy, now = draft.world.requests, draft.world.policy, clock_rules.requests_now(draft)
    for key in list(islice(requests, 2)):
        if len(requests) >= policy.request_limit or requests[key].at < now - policy.request_retention_ms:
            draft.drop(requests[key])
