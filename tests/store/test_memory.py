"""The memory store beyond the contract (``tests/contract/test_store.py``): what a test can make it do."""

import pytest

from maestrod.api.errors import Unavailable
from maestrod.api.event import Event
from maestrod.api.system import Mode
from maestrod.store.memory import MemoryStore
from tests.store.lives import Calls

EVENT = Event(seq=1, at=1, type="project.deleted", id="p")


def test_the_engine_loop_commits_by_itself() -> None:
    calls = Calls()
    store = MemoryStore(calls)
    store.append([EVENT])
    assert store.durable_seq == 0
    calls.run()
    assert store.durable_seq == 1


def test_refusals_are_what_a_test_says() -> None:
    store = MemoryStore(Calls())
    store.refused = Unavailable("store.no_space", "full")
    assert store.mode() is Mode.NO_SPACE
    with pytest.raises(Unavailable):
        store.append([EVENT])


def test_an_event_that_cannot_be_encoded_cannot_be_stored() -> None:
    with pytest.raises(TypeError):
        MemoryStore(Calls()).append([Event(seq=1, at=1, type="a.b", id="c", data={"x": object()})])


def test_failing_loses_what_was_not_durable() -> None:
    store = MemoryStore(Calls(), hold=True)
    failed: list[int] = []
    store.on_failure = failed.append
    store.append([EVENT])
    store.fail()
    store.commit()
    assert failed == [0] and store.durable_seq == 0 and store.mode() is Mode.READ_ONLY
