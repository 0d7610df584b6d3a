"""The rule of every method that changes something, and of every fact."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from maestrod.api.attention import ATTENTION_ANSWER, ATTENTION_ASK
from maestrod.api.event import EVENT_REPORT
from maestrod.api.message import MESSAGE_CANCEL, MESSAGE_SEND
from maestrod.api.permission import PERMISSION_ASK
from maestrod.api.plan import PLAN_APPLY, PLAN_APPROVE, PLAN_REJECT, PLAN_SUBMIT
from maestrod.api.project import PROJECT_CREATE, PROJECT_DELETE, PROJECT_UPDATE
from maestrod.api.queue import (
    QUEUE_ADD,
    QUEUE_COMPLETE,
    QUEUE_FAIL,
    QUEUE_MOVE,
    QUEUE_NEXT,
    QUEUE_REMOVE,
    QUEUE_REQUEUE,
    QUEUE_SKIP,
)
from maestrod.api.run import RUN_CANCEL, RUN_PAUSE, RUN_RESUME, RUN_START
from maestrod.api.session import (
    SESSION_LINK,
    SESSION_PAUSE,
    SESSION_REGISTER,
    SESSION_REPORT,
    SESSION_RESUME,
    SESSION_SPAWN,
    SESSION_STOP,
    SESSION_UNLINK,
    SESSION_UPDATE,
    Session,
)
from maestrod.api.system import SYSTEM_FREEZE, SYSTEM_THAW
from maestrod.api.task import (
    TASK_BLOCK,
    TASK_CANCEL,
    TASK_COMPLETE,
    TASK_CREATE,
    TASK_DELETE,
    TASK_DEPEND,
    TASK_FAIL,
    TASK_PROGRESS,
    TASK_RETRY,
    TASK_SKIP,
    TASK_START,
    TASK_UNDEPEND,
    TASK_UPDATE,
)
from maestrod.api.token import TOKEN_CREATE, TOKEN_REVOKE, TokenInfo
from maestrod.core import fact_rules
from maestrod.core.access import remote_token
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
from maestrod.core.values.facts import (
    ClockMoved,
    DaemonStarted,
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
from maestrod.core.work import edit_rules, pause, plan_apply, project, queue, reports, run, task_rules
from maestrod.core.world import clock_rules
from maestrod.core.world.binding import Rule, by_method, handled_rule, owner_rule, rule
from maestrod.core.world.draft import Draft

F = TypeVar("F", bound=Fact)

FactRule = tuple[type[Fact], Callable[[Draft, Any], None]]


def _fact(kind: type[F], function: Callable[[Draft, F], None]) -> FactRule:
    return kind, function


#: The rule of each method that changes something.
RULES: Mapping[str, Rule] = by_method(
    (
        owner_rule(PROJECT_CREATE, project.create),
        owner_rule(PROJECT_UPDATE, project.update),
        owner_rule(PROJECT_DELETE, project.delete),
        rule(TASK_CREATE, task_rules.create),
        rule(TASK_UPDATE, task_rules.update),
        rule(TASK_DELETE, task_rules.delete),
        rule(TASK_START, reports.of_task(task_rules.start)),
        rule(TASK_PROGRESS, reports.of_task(task_rules.progress)),
        rule(TASK_COMPLETE, reports.of_task(task_rules.complete)),
        rule(TASK_FAIL, reports.of_task(task_rules.fail)),
        rule(TASK_SKIP, reports.of_task(task_rules.skip)),
        rule(TASK_BLOCK, reports.of_task(task_rules.block)),
        rule(TASK_RETRY, task_rules.retry),
        rule(TASK_CANCEL, task_rules.cancel),
        rule(TASK_DEPEND, task_rules.depend),
        rule(TASK_UNDEPEND, task_rules.undepend),
        rule(SESSION_SPAWN, session_rules.spawn),
        rule(SESSION_REGISTER, session_rules.register),
        rule(SESSION_UPDATE, session_rules.update),
        handled_rule(SESSION_STOP, session_rules.stop, Session, session_rules.stop_again),
        rule(SESSION_PAUSE, session_rules.pause_),
        rule(SESSION_RESUME, session_rules.resume),
        rule(SESSION_REPORT, session_rules.report),
        rule(SESSION_LINK, session_rules.link),
        rule(SESSION_UNLINK, session_rules.unlink),
        rule(MESSAGE_SEND, message.send),
        rule(MESSAGE_CANCEL, message.cancel),
        rule(EVENT_REPORT, hook_rules.hook),
        rule(PERMISSION_ASK, hook_rules.ask_permission),
        rule(QUEUE_NEXT, queue.claim),
        rule(QUEUE_COMPLETE, reports.of_item(queue.complete)),
        rule(QUEUE_FAIL, reports.of_item(queue.fail)),
        rule(QUEUE_SKIP, reports.of_item(queue.skip)),
        rule(QUEUE_ADD, queue.add),
        rule(QUEUE_REMOVE, queue.remove),
        rule(QUEUE_MOVE, queue.move),
        rule(QUEUE_REQUEUE, queue.requeue),
        rule(PLAN_SUBMIT, plan_apply.submit),
        owner_rule(PLAN_APPROVE, approval.approve),
        owner_rule(PLAN_APPLY, approval.approve),
        owner_rule(PLAN_REJECT, approval.reject),
        owner_rule(RUN_START, run.start),
        owner_rule(RUN_CANCEL, run.cancel),
        owner_rule(RUN_PAUSE, run.pause),
        owner_rule(RUN_RESUME, run.resume),
        rule(ATTENTION_ASK, attention.ask),
        rule(ATTENTION_ANSWER, answer_rules.answer),
        handled_rule(TOKEN_CREATE, lambda draft, params, actor: remote_token.create(draft, params), TokenInfo),
        owner_rule(TOKEN_REVOKE, remote_token.revoke),
        owner_rule(SYSTEM_FREEZE, pause.freeze),
        owner_rule(SYSTEM_THAW, pause.thaw),
    )
)

#: The rule of each fact.
FACTS: Mapping[type[Fact], Callable[[Draft, Any], None]] = dict(
    (
        _fact(Launched, fact_rules.launched),
        _fact(LaunchFailed, fact_rules.launch_failed),
        _fact(Exited, fact_rules.exited),
        _fact(Lost, fact_rules.lost),
        _fact(Woke, fact_rules.woke),
        _fact(DaemonStarted, fact_rules.daemon_started),
        _fact(ClockMoved, clock_rules.moved),
        _fact(Edited, edit_rules.edited),
        _fact(Draining, fact_rules.draining),
        _fact(StoppingSessions, fact_rules.stopping_sessions),
        _fact(Signed, sign_rules.signed),
        _fact(NotDelivered, fact_rules.not_delivered),
        _fact(Probed, stall_rules.probed),
        _fact(Withdrawn, permission_rules.withdrawn),
    )
)
