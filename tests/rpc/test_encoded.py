"""Each event is encoded once."""

import json

from maestrod.api.event import Event
from maestrod.api.reason import Reason
from maestrod.api.task import Task
from maestrod.rpc.encoded import EncodedEvents, public_form
from tests.kit.completeness import lacking


def event(seq: int) -> Event:
    return Event(seq=seq, at=1, type="task.created", id="t", data={"n": seq})


def test_the_same_event_is_encoded_once() -> None:
    events = EncodedEvents()
    first = events.encode(event(1))
    assert json.loads(first)["data"] == {"n": 1}
    assert events.encode(event(1)) is first


def test_a_bounded_number_of_encodings_is_kept() -> None:
    events = EncodedEvents()
    for seq in range(3 * EncodedEvents._KEPT):
        events.encode(event(seq))
    assert len(events._by_seq) <= EncodedEvents._KEPT


def test_the_result_of_a_call_is_sent_to_nobody_else() -> None:
    request = Event(seq=1, at=1, type="request.created", id="owner:r", data={"reply": {"initialPrompt": "secret"}})
    assert public_form(request).seq == 1
    assert b"secret" not in EncodedEvents().encode(request)


def test_an_event_contains_every_member_of_its_entities() -> None:
    data = {"id": "t", "projectId": "p", "title": "T", "statusReason": {"source": "user", "code": "c", "at": 1}}
    created = json.loads(EncodedEvents().encode(Event(seq=1, at=1, type="task.created", id="t", data=data)))
    assert lacking(created, Event) == [] and lacking(created["data"], Task) == []


def test_a_change_stays_a_change_with_whole_parts() -> None:
    data = {"statusReason": {"source": "user", "code": "c", "at": 1}, "progress": 0.5}
    change = json.loads(EncodedEvents().encode(Event(seq=1, at=1, type="task.updated", id="t", data=data)))["data"]
    assert set(change) == {"statusReason", "progress"} and lacking(change["statusReason"], Reason) == []
