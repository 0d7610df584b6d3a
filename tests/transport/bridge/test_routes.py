"""Paths and queries: which row, which parameters."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.errors import Malformed
from maestrod.api.protocol.registry import METHODS
from maestrod.api.protocol.routes import routes
from maestrod.transport.bridge.routes import Match, contract

ROUTES = contract()


def found(verb: str, path: str, query: str = "", body: bytes = b"") -> tuple[str, object]:
    match = ROUTES.find(verb, path)
    assert isinstance(match, Match), match
    return match.row.name, json.loads(ROUTES.params(match, query, body))


def test_every_route_of_every_row_is_found() -> None:
    for route, row in routes():
        path = route.path.replace("{", "").replace("}", "")
        match = ROUTES.find(route.verb, path)
        assert isinstance(match, Match) and match.row is row, route
    assert {row.name for _, row in routes()} == set(METHODS)


def test_words_take_precedence_over_names() -> None:
    assert found("POST", "/api/sessions/spawn")[0] == "session.spawn"
    assert found("GET", "/api/sessions/spawn") == ("session.get", {"sessionId": "spawn"})


def test_a_path_that_takes_other_verbs_names_them() -> None:
    assert ROUTES.find("PATCH", "/api/tasks") == frozenset({"GET", "POST"})
    assert ROUTES.find("GET", "/api/none") == frozenset()
    assert ROUTES.find("GET", "/api/tasks/") == frozenset()


def test_a_query_becomes_what_the_types_say() -> None:
    query = "limit=5&topics=task,session.created&topics=run&taskIds=&projectId=7"
    assert found("GET", "/api/events", query + "&since=3") == (
        "event.list",
        {"limit": 5, "topics": ["task", "session.created", "run"], "taskIds": [], "projectId": "7", "since": 3},
    )
    assert found("GET", "/api/tasks", "roots=true&status=pending") == (
        "task.list",
        {"roots": True, "status": "pending"},
    )


def test_values_that_do_not_fit_are_left_to_the_decoder() -> None:
    assert found("GET", "/api/tasks", "limit=many&unknown=1")[1] == {"limit": "many", "unknown": "1"}


def test_names_from_the_path_join_the_body() -> None:
    assert found("POST", "/api/tasks/t%201/complete", "", b'{"summary":"s"}') == (
        "task.complete",
        {"summary": "s", "taskId": "t 1"},
    )


@pytest.mark.parametrize(
    "verb, path, query, body",
    [
        ("POST", "/api/tasks/t1/complete", "", b'{"taskId":"t2"}'),
        ("POST", "/api/tasks", "", b"[]"),
        ("POST", "/api/tasks", "", b"{"),
        ("POST", "/api/tasks", "", b'{"title":"a","title":"b"}'),
        ("POST", "/api/plans", "", b'{"plan":{"groups":[],"groups":[]}}'),
        ("POST", "/api/tasks", "", b'{"a":\xff}'),
        ("GET", "/api/tasks", "limit=1&limit=2", b""),
        ("GET", "/api/tasks", "sessionToken=x", b""),
        ("GET", "/api/tasks", "&".join(f"a{n}=1" for n in range(200)), b""),
        ("GET", "/api/tasks", "a=%ff", b""),
    ],
)
def test_ambiguous_and_unknown_parameters_are_refused(verb: str, path: str, query: str, body: bytes) -> None:
    with pytest.raises(Malformed):
        found(verb, path, query, body)


@given(st.text(st.characters(codec="ascii"), max_size=60), st.sampled_from(["GET", "POST", "DELETE"]))
def test_no_path_makes_it_raise(path: str, verb: str) -> None:
    ROUTES.find(verb, "/api/" + path)


@given(st.text(st.characters(codec="ascii"), max_size=80))
def test_a_query_is_read_or_refused(query: str) -> None:
    match = ROUTES.find("GET", "/api/events")
    assert isinstance(match, Match)
    try:
        params = ROUTES.params(match, query, b"")
    except Malformed:
        return
    assert isinstance(json.loads(params), dict)


def test_half_a_surrogate_pair_in_a_body_is_read_as_a_replacement_character() -> None:
    body = rb'{"title":"cut \ud83d","projectId":"prj_1"}'
    assert found("POST", "/api/tasks", body=body)[1] == {"title": "cut \ufffd", "projectId": "prj_1"}


@pytest.mark.parametrize("body", [b'{"title":"Latin-1 \xfc"}', b'{"title":"\xed\xa0\xbd"}', b'{"unknown \xff":1}'])
def test_a_body_that_is_not_utf8_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed, match="not JSON"):
        found("POST", "/api/tasks", body=body)


@pytest.mark.parametrize("query", ["search=%FC", "search=%ED%A0%BD", "%FF=1"])
def test_a_query_that_is_not_utf8_is_refused(query: str) -> None:
    with pytest.raises(Malformed, match="query"):
        found("GET", "/api/tasks", query=query)
