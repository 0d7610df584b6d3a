"""UI events: names, data and changes."""

import json
from typing import Any

import pytest
import trio
import trio.testing

from maestrod.api.event import Event
from maestrod.rpc.ui_event import is_state, name_of, ui_event
from tests.kit.parts.rpc_parts import Caller, parts


@pytest.mark.parametrize(
    "type_, name",
    [
        *(("task.created", "task:created"), ("task.updated", "task:updated"), ("task.status", "task:updated")),
        *(("session.deleted", "session:deleted"), ("timeline.added", "timeline:added"), ("queue.item", "queue:item")),
    ],
)
def test_names(type_: str, name: str) -> None:
    assert name_of(type_) == name


async def messages(caller: Caller) -> list[Any]:
    """Everything that happened, as a page hears it now."""
    await trio.testing.wait_all_tasks_blocked()
    services = caller.services
    events: list[Event] = list(services.store.events_since(0))
    return [json.loads(ui_event(services.engine.world, event)) for event in events]


async def test_data_is_the_whole_entity_and_change_what_changed() -> None:
    caller = Caller(parts())
    task = await caller.task()
    sub = await caller.task(parentId=task)
    await caller.call("task.update", {"taskId": sub, "description": "d"})
    below = await caller.task(parentId=sub)
    heard = await messages(caller)
    created = next(message for message in heard if message["id"] == task)
    assert created["type"] == "event" and created["event"] == "task:created" and "change" not in created
    updated = next(message for message in heard if message["event"] == "task:updated" and message["id"] == sub)
    assert updated["data"]["subtaskIds"] == [below] and updated["data"]["title"] == "t"
    assert updated["change"]["description"] == "d" and "title" not in updated["change"]
    assert [message["seq"] for message in heard] == list(range(1, len(heard) + 1))


async def test_a_deleted_entity_is_reduced_to_its_id() -> None:
    caller = Caller(parts())
    task = await caller.task()
    await caller.call("task.delete", {"taskId": task})
    deleted = [message for message in await messages(caller) if message["event"] == "task:deleted"]
    assert [message["data"] for message in deleted] == [{"id": task}]


async def test_the_result_of_a_call_is_published_to_nobody() -> None:
    caller = Caller(parts())
    await caller.call("project.create", {"name": "secret", "workingDir": "/s", "requestId": "r1"})
    remembered = [message for message in await messages(caller) if message["topic"].startswith("request.")]
    assert remembered and all(message["data"] == {} for message in remembered)
    assert "secret" not in json.dumps(remembered)


async def test_a_timeline_entry_is_its_own_whole_entity() -> None:
    caller = Caller(parts())
    session = await caller.session()
    await caller.call("session.report", {"sessionId": session, "message": "hello"})
    [entry] = [message for message in await messages(caller) if message["data"].get("message") == "hello"]
    assert entry["event"] == "timeline:added" and entry["sessionId"] == session


def test_only_events_that_a_later_one_supersedes_are_states() -> None:
    types = ["task.updated", "task.status", "task.created", "task.deleted", "timeline.added", "queue.item"]
    assert [type_ for type_ in types if is_state(Event(seq=1, at=0, type=type_, id="x"))] == ["task.updated"]
