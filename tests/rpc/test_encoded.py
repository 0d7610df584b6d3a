"""Each event is encoded once."""

import json

from maestrod.api.event import Event
from maestrod.rpc.encoded import EncodedEvents, told


def event(seq: int) -> Event:
    return Event(seq=seq, at=1, type="task.created", id="t", data={"n": seq})


def test_the_same_event_is_encoded_once() -> None:
    events = EncodedEvents()
    first = events.encode(event(1))
    assert json.loads(first) == {"seq": 1, "at": 1, "type": "task.created", "id": "t", "data": {"n": 1}}
    assert events.encode(event(1)) is first


def test_it_remembers_a_bounded_number() -> None:
    events = EncodedEvents()
    for seq in range(3 * EncodedEvents._KEPT):
        events.encode(event(seq))
    assert len(events._by_seq) <= EncodedEvents._KEPT


def test_what_a_call_was_answered_is_told_to_nobody_else() -> None:
    request = Event(seq=1, at=1, type="request.created", id="owner:r", data={"reply": {"initialPrompt": "secret"}})
    assert told(request).seq == 1
    assert b"secret" not in EncodedEvents().encode(request)
