"""Parameters by name and by position, and the places of errors."""

from typing import Any

import pytest
from msgspec import Raw

from maestrod.api.errors import Malformed
from maestrod.api.protocol.wire import LARGE_REQUEST_LIMIT, REQUEST_LIMIT
from maestrod.api.task import TaskCreate, TaskProgress
from maestrod.rpc.bind import bindings
from maestrod.rpc.envelope import InvalidRequest
from maestrod.rpc.params import read_params

BINDINGS = bindings()


def read(method: str, document: bytes, size: int = 100) -> Any:
    return read_params(BINDINGS[method], Raw(document), size)


def path_of(method: str, document: bytes) -> str:
    with pytest.raises(Malformed) as caught:
        read(method, document)
    assert caught.value.rpc_code == -32602
    return str(caught.value.details["path"])


def test_parameters_may_be_named() -> None:
    assert read("task.progress", b'{"taskId":"t","progress":0.5}') == TaskProgress(task_id="t", progress=0.5)


def test_parameters_may_be_positional_in_the_order_of_the_command_line_then_of_the_row() -> None:
    assert read("task.progress", b'["t","half"]') == TaskProgress(task_id="t", message="half")
    assert read("task.progress", b'["t","half",0.5,7,"r1"]') == TaskProgress(
        task_id="t", message="half", progress=0.5, at=7, request_id="r1"
    )
    assert read("task.create", b'["Title","prj_1"]') == TaskCreate(title="Title", project_id="prj_1")
    assert read("system.status", b"[]") == read("system.status", b"{}")


@pytest.mark.parametrize(
    "method, document, path",
    [
        ("task.get", b"{}", "$.taskId"),
        ("task.get", b"[]", "$.taskId"),
        ("task.get", b'{"taskId":1}', "$.taskId"),
        ("task.get", b"[1]", "$.taskId"),
        ("task.get", b'{"taskId":"t","tsakId":1}', "$.tsakId"),
        ("task.get", b'["a","b","c","d"]', "$[3]"),
        ("task.create", b'{"title":""}', "$.title"),
        ("task.create", b'{"title":"t","checks":["a",2]}', "$.checks[1]"),
        ("task.create", b'{"title":"t","priority":"urgent"}', "$.priority"),
        ("project.create", b'{"name":"n","workingDir":"/","settings":{"maxSessions":0}}', "$.settings.maxSessions"),
        ("task.progress", b'{"taskId":"t","progress":2}', "$.progress"),
        ("session.report", b'{"message":"m","metadata":' + b'{"a":' * 101 + b"1" + b"}" * 102, "$"),
        ("session.report", b'{"message":"m","metadata":{"n":' + b"1" * 20 + b"}}", "$"),
    ],
)
def test_a_misfit_is_reported_with_its_path(method: str, document: bytes, path: str) -> None:
    assert path_of(method, document) == path


@pytest.mark.parametrize("document", [b"null", b"1", b'"a"', b"true"])
def test_parameters_are_an_object_or_an_array(document: bytes) -> None:
    with pytest.raises(InvalidRequest):
        read("task.get", document)


@pytest.mark.parametrize("document", [b'{"taskId":' + b"[" * 900 + b"]" * 900 + b"}", b"[" * 900 + b"]" * 900])
def test_no_depth_makes_it_fail(document: bytes) -> None:
    assert path_of("task.get", document).startswith("$")


def test_a_hostile_name_is_shown_shortened() -> None:
    with pytest.raises(Malformed) as caught:
        read("task.get", b'{"taskId":"t","' + b"x" * 100_000 + b'":1}')
    assert len(caught.value.message) < 1000 and len(caught.value.details["path"]) <= 200


def test_only_plans_may_be_long() -> None:
    assert read("plan.submit", b'{"markdown":""}', LARGE_REQUEST_LIMIT).markdown == ""
    assert read("task.get", b'{"taskId":"t"}', REQUEST_LIMIT).task_id == "t"
    with pytest.raises(InvalidRequest) as caught:
        read("task.get", b'{"taskId":"t"}', REQUEST_LIMIT + 1)
    assert caught.value.reason == "request.too_large"
