"""The audit log: which remote caller used which method with which outcome, and nothing else."""

import logging

import pytest
import trio

from maestrod.api.model.method import Scope
from maestrod.core.access.remote_token import digest_of
from maestrod.rpc.bind import bindings
from maestrod.rpc.context import ClientState
from maestrod.rpc.dispatch import Dispatcher
from maestrod.rpc.single import SingleCall
from tests.kit.parts.rpc_parts import Caller, parts


class Wire:
    """A way back that nothing is sent by."""

    unsent = 0

    def __init__(self, nursery: trio.Nursery) -> None:
        self.nursery = nursery

    def send(self, message: bytes) -> None:
        """Nothing."""

    def flush(self) -> None:
        """Nothing."""

    async def wait_room(self) -> None:
        """Nothing."""

    def resume(self) -> None:
        """Nothing."""

    def start(self, task: object) -> None:
        """Run it."""
        self.nursery.start_soon(task)  # type: ignore[arg-type]  # the protocol's type, which a test need not repeat


async def test_an_audit_line_has_caller_method_and_outcome(
    nursery: trio.Nursery, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "maestrod.audit")
    services = parts()
    made = await Caller(services, nursery).call(
        "token.create", {"name": "n", "owner": "ada\u202elove", "scope": "work", "digest": digest_of(b"x")}
    )
    id_ = made["token"]["id"]
    dispatcher, client = (
        Dispatcher(services, bindings()),
        ClientState(Wire(nursery), Scope.WORK, name=id_, has_stream=False),
    )
    for method, params in [
        ("project.create", b'{"name": "secret-name", "workingDir": "/x"}'),
        ("project.create", b'{"name": "secret-name", "workingDir": "x"}'),
        ("project.create", b'{"nonsense": 1}'),
        ("task.list", b"{}"),
        ("system.freeze", b"{}"),
        ("session.stop", b'{"sessionId": "ses_none"}'),
        ("no.such", b"{}"),
    ]:
        await SingleCall(dispatcher, client, method, params).answer()
    who = f"{id_} ('ada\\u202elove', work)"
    assert caplog.messages == [
        f"{who} project.create: done",
        f"{who} project.create: project.relative",
        f"{who} project.create: params.invalid",
        f"{who} system.freeze: token.scope",
        f"{who} session.stop: session.not_found",
    ]


async def test_calls_of_the_users_own_programs_are_not_audited(
    nursery: trio.Nursery, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "maestrod.audit")
    await Caller(parts(), nursery).call("project.create", {"name": "n", "workingDir": "/x"})
    assert caplog.messages == []
