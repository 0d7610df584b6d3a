"""The one door of the domain: what does a command or a fact mean?

``decide`` finds the rule, runs it on a draft, brings the world to rest (roll-up), gives free slots to what can start
(scheduling) and returns the decision. When a rule refuses, everything is put back: a refused command changes nothing.
"""

import hashlib
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import msgspec

from maestrod.api.errors import Conflict
from maestrod.api.model.base import Params
from maestrod.api.protocol.registry import METHODS
from maestrod.api.reason import Source
from maestrod.api.session import Session, SessionStatus
from maestrod.api.token import TokenInfo
from maestrod.core import fact_rules
from maestrod.core.access import remote_token
from maestrod.core.access.scope import check_actor, check_alive
from maestrod.core.rest import come_to_rest
from maestrod.core.session import (
    answer_rules,
    approval,
    attention,
    hook_rules,
    message,
    permission_rules,
    session_rules,
    sign_rules,
    stall_rules,
)
from maestrod.core.session.session import move
from maestrod.core.values.command import Actor, Command, Stamp
from maestrod.core.values.facts import (
    ClockMoved,
    Draining,
    Edited,
    Exited,
    Fact,
    Launched,
    LaunchFailed,
    Lost,
    NotDelivered,
    Probed,
    Signed,
    StoppingSessions,
    Withdrawn,
    Woke,
)
from maestrod.core.values.lifecycle import Event
from maestrod.core.values.seen import BLIND, Seen
from maestrod.core.values.signs import NOTHING
from maestrod.core.work import edit_rules, pause, plan_apply, project, queue, reports, run, task_rules
from maestrod.core.world import clock_rules
from maestrod.core.world.draft import Decision, Draft
from maestrod.core.world.entities import KIND_OF, Request, whole
from maestrod.core.world.sparse import sparse
from maestrod.core.world.world import World

Rule = Callable[[Draft, Any, Actor], Any]


def _owner_rule(rule: Callable[[Draft, Any], Any]) -> Rule:
    """A rule that does not ask who is calling: its method is the owner's only."""
    return lambda draft, params, actor: rule(draft, params)


#: The rule of each method that changes something.
RULES: Mapping[str, Rule] = {
    "project.create": _owner_rule(project.create),
    "project.update": _owner_rule(project.update),
    "project.delete": _owner_rule(project.delete),
    "task.create": task_rules.create,
    "task.update": task_rules.update,
    "task.delete": task_rules.delete,
    "task.start": reports.of_task(task_rules.start),
    "task.progress": reports.of_task(task_rules.progress),
    "task.complete": reports.of_task(task_rules.complete),
    "task.fail": reports.of_task(task_rules.fail),
    "task.skip": reports.of_task(task_rules.skip),
    "task.block": reports.of_task(task_rules.block),
    "task.retry": task_rules.retry,
    "task.cancel": task_rules.cancel,
    "task.depend": task_rules.depend,
    "task.undepend": task_rules.undepend,
    "session.spawn": session_rules.spawn,
    "session.register": session_rules.register,
    "session.update": session_rules.update,
    "session.stop": session_rules.stop,
    "session.pause": session_rules.pause_,
    "session.resume": session_rules.resume,
    "session.report": session_rules.report,
    "session.link": session_rules.link,
    "session.unlink": session_rules.unlink,
    "message.send": message.send,
    "message.cancel": message.cancel,
    "event.report": hook_rules.hook,
    "permission.ask": hook_rules.ask_permission,
    "queue.next": queue.claim,
    "queue.complete": reports.of_item(queue.complete),
    "queue.fail": reports.of_item(queue.fail),
    "queue.skip": reports.of_item(queue.skip),
    "queue.add": queue.add,
    "queue.remove": queue.remove,
    "queue.move": queue.move,
    "queue.requeue": queue.requeue,
    "plan.submit": plan_apply.submit,
    "plan.approve": lambda draft, params, actor: approval.approve(draft, params.plan_id),
    "plan.apply": lambda draft, params, actor: approval.approve(draft, params.plan_id),
    "plan.reject": _owner_rule(approval.reject),
    "run.start": _owner_rule(run.start),
    "run.cancel": _owner_rule(run.cancel),
    "run.pause": _owner_rule(run.pause),
    "run.resume": _owner_rule(run.resume),
    "attention.ask": attention.ask,
    "attention.answer": answer_rules.answer,
    "token.create": _owner_rule(remote_token.create),
    "token.revoke": _owner_rule(remote_token.revoke),
    "system.freeze": _owner_rule(pause.freeze),
    "system.thaw": lambda draft, params, actor: pause.thaw(draft),
}

#: The rule of each fact.
FACTS: Mapping[type[Fact], Callable[[Draft, Any], None]] = {
    Launched: fact_rules.launched,
    LaunchFailed: fact_rules.launch_failed,
    Exited: fact_rules.exited,
    Lost: fact_rules.lost,
    Woke: fact_rules.woke,
    ClockMoved: clock_rules.moved,
    Edited: edit_rules.edited,
    Draining: fact_rules.draining,
    StoppingSessions: fact_rules.stopping_sessions,
    Signed: sign_rules.signed,
    NotDelivered: fact_rules.not_delivered,
    Probed: stall_rules.probed,
    Withdrawn: permission_rules.withdrawn,
}


#: What a rule replies where the method's answer comes from elsewhere (here: from the ladder that stops processes, from who makes secrets).
_REPLIES: Mapping[str, type] = {"session.stop": Session, "token.create": TokenInfo}


def decide(world: World, command: Command | Fact, stamp: Stamp, seen: Seen = BLIND) -> Decision:
    """Decide a command or a fact. The world is as after the decision when this returns, as before when it raises.

    Raises a ``MaestroError`` when the command is refused, ``Unseen`` when a rule needs an answer that ``seen`` does not have.
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
        return _first_reply(first, command.method, digest)
    reply = _run(draft, command)
    if not draft.events:  # nothing happened, as when a queue had nothing to give: the same call may find more later
        return reply
    _forget_old(draft)
    draft.put(
        Request(
            id=key,
            method=command.method,
            digest=digest,
            reply=whole(reply),
            at=clock_rules.requests_now(draft),
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
    reply = RULES[command.method](draft, command.params, command.actor)
    come_to_rest(draft)
    return _latest(draft, reply)


def _note_sign_of_life(draft: Draft, actor: Actor) -> None:
    """Whatever a session calls first shows that its agent is up."""
    session = draft.world.sessions.get(actor.session_id or "")
    if session is not None and session.status is SessionStatus.SPAWNING:
        move(draft, session, Event.REGISTER, draft.reason(Source.REPORT, "registered", "the agent is up"))


def _latest(draft: Draft, reply: Any) -> Any:
    """The replied entity as it is after roll-up and scheduling."""
    kind = KIND_OF.get(type(reply))
    return reply if kind is None else draft.world.tables[kind].get(reply.id, reply)


def _digest(method: str, params: Params) -> str:
    """What makes two calls the same call: the method and the parameters, not who carries them, nor when it says they happened."""
    when = {"at": None} if hasattr(params, "at") else {}
    same = msgspec.structs.replace(params, request_id=None, session_token=None, **when)
    return hashlib.sha256(method.encode() + b"\0" + msgspec.json.encode(sparse(same), order="sorted")).hexdigest()


def _first_reply(first: Request, method: str, digest: str) -> Any:
    if (first.method, first.digest) != (method, digest):
        request_id = first.id.partition(":")[2]
        raise Conflict(
            "request.reused", f"request id {request_id!r} was used for another call", {"requestId": request_id}
        )
    return msgspec.convert(first.reply, _REPLIES.get(method, METHODS[method].result))


def _forget_old(draft: Draft) -> None:
    """Forget up to two remembered requests that are too old or too many: bounded work, bounded memory."""
    requests, rules, now = draft.world.requests, draft.world.rules, clock_rules.requests_now(draft)
    for key in list(islice(requests, 2)):
        if len(requests) >= rules.request_limit or requests[key].at < now - rules.request_retention_ms:
            draft.drop(requests[key])
