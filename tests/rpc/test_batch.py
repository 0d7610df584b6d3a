"""A batch is answered when its last item is, in the order of its items."""

import json

from jsonrpcserver import Success

from maestrod.api.protocol.wire import REPLY_LIMIT
from maestrod.rpc.batch import Batch


def respond(id_: object, result: object) -> bytes:
    failed = "_error" in vars(result)
    return json.dumps([id_, "too large" if failed else "ok"]).encode()


def test_a_batch_waits_for_its_last_answer_and_keeps_the_order() -> None:
    sent: list[bytes] = []
    batch = Batch(respond, sent.append)
    first, second = batch.slot(), batch.slot()
    second(2, Success())
    batch.seal()
    assert sent == []
    first(1, Success())
    assert sent == [b'[[1, "ok"],[2, "ok"]]']


def test_a_batch_is_not_answered_before_its_last_item_was_read() -> None:
    sent: list[bytes] = []
    batch = Batch(respond, sent.append)
    batch.slot()(1, Success())
    assert sent == []
    batch.seal()
    assert len(sent) == 1


def test_a_batch_without_answers_sends_nothing() -> None:
    sent: list[bytes] = []
    Batch(respond, sent.append).seal()
    assert sent == []


def test_answers_beyond_the_limit_become_errors() -> None:
    sent: list[bytes] = []
    batch = Batch(respond, sent.append)
    batch._size = REPLY_LIMIT - 15
    first, second = batch.slot(), batch.slot()
    first(1, Success())
    second(2, Success())
    batch.seal()
    assert sent == [b'[[1, "ok"],[2, "too large"]]']
