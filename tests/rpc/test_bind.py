"""Every row has exactly one implementation, and a mistake stops the start."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from maestrod.api.protocol.registry import METHODS
from maestrod.api.task import TASK_GET
from maestrod.core.reading.views import ANSWERS, SIGHTED
from maestrod.core.rules import RULES
from maestrod.rpc.bind import BindingKind, bind, bindings
from maestrod.rpc.handler import HANDLERS, Handler

PLAIN = Handler(lambda context, params: None, waits=False, streams=False)
WAITING = Handler(lambda context, params: None, waits=True, streams=False)


def test_every_row_is_bound() -> None:
    bound = bind()
    assert set(bound) == set(METHODS)
    assert bound["task.get"].kind is BindingKind.READ
    assert bound["task.create"].kind is BindingKind.COMMAND
    assert bound["system.status"].kind is BindingKind.CALL
    assert bound["queue.next"].kind is BindingKind.TASK


def test_examples_of_the_rows_are_read_by_their_bindings() -> None:
    for binding in bind().values():
        assert binding.decoder.decode(msgspec.json.encode(binding.row.example)) is not None


def test_a_call_that_waits_is_a_task() -> None:
    assert {
        name for name, binding in bind().items() if binding.kind is BindingKind.TASK and not binding.row.waits
    } == set()


@pytest.mark.parametrize(
    "ways, handler, kind",
    [
        ({"read"}, None, BindingKind.READ),
        ({"look"}, None, BindingKind.LOOK),
        ({"command"}, None, BindingKind.COMMAND),
        (set(), PLAIN, BindingKind.CALL),
        (set(), WAITING, BindingKind.TASK),
        ({"command"}, WAITING, BindingKind.TASK),
    ],
)
def test_a_row_has_one_binding(ways: set[str], handler: Handler | None, kind: BindingKind) -> None:
    assert one_row(ways, handler)() is kind


@pytest.mark.parametrize(
    "ways, handler",
    [
        (set(), None),
        ({"read", "command"}, None),
        ({"read", "look"}, None),
        ({"read"}, PLAIN),
        ({"look"}, WAITING),
        ({"command"}, PLAIN),
        ({"read", "command"}, WAITING),
    ],
)
def test_a_row_without_or_with_two_bindings_stops_the_start(ways: set[str], handler: Handler | None) -> None:
    with pytest.raises(RuntimeError, match=r"task\.get must be bound once"):
        one_row(ways, handler)()


def one_row(ways: set[str], handler: Handler | None) -> Callable[[], BindingKind]:
    methods = {"task.get": TASK_GET}
    answers = {"task.get": ANSWERS["task.get"]} if "read" in ways else {}
    sighted = {"task.get": SIGHTED["project.get"]} if "look" in ways else {}
    rules = {"task.get": RULES["task.start"]} if "command" in ways else {}
    handlers = {"task.get": handler} if handler else {}
    return lambda: bind(methods, answers, rules, handlers, sighted)["task.get"].kind


@pytest.mark.parametrize("where", ["answers", "rules", "handlers", "sighted"])
def test_a_function_without_a_row_stops_the_start(where: str) -> None:
    given: dict[str, Any] = {"answers": dict(ANSWERS), "rules": dict(RULES), "handlers": dict(HANDLERS)}
    given["sighted"] = dict(SIGHTED)
    given[where]["task.fly"] = PLAIN
    with pytest.raises(RuntimeError, match=r"task\.fly"):
        bind(**given)


def test_only_rows_with_open_parameters_are_searched_for_excess() -> None:
    loose = {name for name, binding in bindings().items() if binding.loose}
    assert {"session.report", "plan.submit", "queue.move"} <= loose
    assert not {"task.get", "task.list"} & loose


def test_the_contract_is_bound_once_for_all_listeners_of_a_process() -> None:
    assert bindings() is bindings() and bindings().keys() == METHODS.keys()
