"""The daemon itself: hello, status, stop, check, metrics, and the description of all methods."""

from collections import Counter
from collections.abc import Collection, Mapping
from operator import attrgetter
from typing import Any

import trio

from maestrod.api.errors import VersionMismatch
from maestrod.api.protocol import wire
from maestrod.api.protocol.openrpc import openrpc
from maestrod.api.system import (
    PROTOCOL_VERSIONS,
    RPC_DISCOVER,
    SYSTEM_CHECK,
    SYSTEM_HELLO,
    SYSTEM_METRICS,
    SYSTEM_STATUS,
    SYSTEM_STOP,
    CheckReport,
    Discover,
    Hello,
    HelloReply,
    Metrics,
    StopAccepted,
    SystemParams,
    SystemStatus,
    SystemStop,
)
from maestrod.core.access.scope import check_actor
from maestrod.rpc.context import Context, Services
from maestrod.rpc.handler import implements

_status = attrgetter("status")

#: The features that a client may rely on, by name; more may be added.
CAPABILITIES = ("batch", "cancel", "content-length", "events", "output")


@implements(SYSTEM_HELLO)
def hello(context: Context, params: Hello) -> HelloReply:
    """Agree on a protocol version. A session token given here holds for all later calls of the connection."""
    common = set(params.protocols) & set(PROTOCOL_VERSIONS)
    if not common:
        message = f"this daemon speaks protocol {list(PROTOCOL_VERSIONS)}, the client {list(params.protocols)[:10]}"
        raise VersionMismatch("protocol.mismatch", message, {"protocols": list(PROTOCOL_VERSIONS)})
    if params.session_token is not None:
        check_actor(context.world, context.actor)
        context.client.actor = context.actor
    info = context.services.info
    return HelloReply(
        server="maestrod",
        version=info.version,
        protocol=max(common),
        instance=info.instance,
        capabilities=CAPABILITIES,
        max_request=wire.REQUEST_LIMIT,
        max_reply=wire.REPLY_LIMIT,
    )


@implements(SYSTEM_STATUS)
def status(context: Context, params: SystemParams) -> SystemStatus:
    """The state of the daemon in numbers, and its problems in sentences."""
    services, world = context.services, context.world
    info, refusal = services.info, services.store.refusal()
    return SystemStatus(
        version=info.version,
        instance=info.instance,
        pid=info.pid,
        started_at=info.started_at,
        seq=world.seq,
        mode=services.store.mode(),
        frozen=world.system.frozen,
        stopping=services.stopping.is_set(),
        socket=info.socket,
        url=services.bridge.url,
        remote_url=services.remote.url,
        fingerprint=services.remote.fingerprint if services.remote.url else None,
        data_dir=info.data_dir,
        projects=len(world.projects),
        tasks=by_status(world.tasks.values()),
        sessions=by_status(world.sessions.values()),
        runs=by_status(world.runs.values()),
        attention=sum(map(len, world.open_questions.values())),
        slots=info.slots,
        slots_used=world.by_session.slots[""],
        agent_waits=world.system.agent_waits,
        problems=tuple(
            filter(
                None,
                ("" if refusal is None else refusal.message, services.bridge.problem, services.remote.problem),
            )
        ),
    )


@implements(SYSTEM_STOP)
def stop(context: Context, params: SystemStop) -> StopAccepted:
    """Begin to stop. The answer is still sent."""
    live = len(context.world.by_session.live)
    context.services.request_stop(params.sessions)
    return StopAccepted(pid=context.services.info.pid, sessions_left=live if params.sessions.value == "keep" else 0)


@implements(SYSTEM_CHECK)
async def check(context: Context, params: SystemParams) -> CheckReport:
    """Check the store's files. This is slow, so it runs in a thread."""
    return await trio.to_thread.run_sync(context.services.store.check)


@implements(SYSTEM_METRICS)
def metrics(context: Context, params: SystemParams) -> Metrics:
    """The daemon's metrics by name."""
    return Metrics(values=numbers(context.services))


def numbers(services: Services) -> dict[str, float]:
    """The daemon's metrics, in Prometheus' naming style."""
    world = services.engine.world
    values: dict[str, float] = {f"maestrod_rpc_{name}_total": count for name, count in sorted(services.counts.items())}
    for kind, counts in (("tasks", by_status(world.tasks.values())), ("sessions", by_status(world.sessions.values()))):
        values |= {f'maestrod_{kind}{{status="{name}"}}': count for name, count in counts.items()}
    values["maestrod_uptime_seconds"] = (services.engine.clock.steady() - services.info.started) / 1000
    values["maestrod_seq"] = world.seq
    values["maestrod_slots"] = services.info.slots
    values["maestrod_slots_used"] = world.by_session.slots[""]
    values["maestrod_attention_open"] = sum(map(len, world.open_questions.values()))
    return values


@implements(RPC_DISCOVER)
def discover(context: Context, params: Discover) -> dict[str, Any]:
    """The OpenRPC document."""
    return openrpc(context.services.info.version)


def by_status(entities: Collection[Any]) -> dict[str, int]:
    """The number of entities in each status."""
    if not entities:
        return {}
    counts: Mapping[Any, int] = Counter(map(_status, entities))
    return {status.value: count for status, count in counts.items()}
