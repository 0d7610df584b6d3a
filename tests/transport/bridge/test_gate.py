"""Admission: every check of the gate by itself, and a fuzzer that cannot make it raise or admit a stranger."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrod.api.model.method import Scope
from maestrod.transport.bridge.gate import Admitted, ClientIdentity, GatePolicy, Head, Refusal, gate, is_loopback

HOST = b"127.0.0.1:7717"
ORIGIN = b"http://127.0.0.1:7717"
FOREIGN = b"https://app.example"
TOKEN, COOKIE = b"good-token", b"good-cookie"

POLICY = GatePolicy(
    hosts=frozenset({HOST, b"localhost:7717"}),
    own_origins=frozenset({ORIGIN}),
    other_origins=frozenset({FOREIGN}),
    token_caller=lambda token: ClientIdentity("token", Scope.ADMIN) if token == TOKEN else None,
    cookie_caller=lambda cookie: ClientIdentity("page", Scope.WORK) if cookie == COOKIE else None,
    is_public=lambda path: path in {"/", "/health"},
    cookie_name=b"maestrod",
)

Headers = list[tuple[bytes, bytes]]


def ask(
    verb: bytes = b"GET", target: bytes = b"/api/tasks", *more: tuple[bytes, bytes], peer: str = "127.0.0.1"
) -> Refusal | Admitted:
    return gate(Head(peer, verb, target, [(b"host", HOST), *more]), POLICY)


def code(verdict: Refusal | Admitted) -> str:
    assert isinstance(verdict, Refusal), verdict
    return verdict.code


BEARER = (b"authorization", b"Bearer " + TOKEN)
PAGE = (b"cookie", b"a=b; maestrod=" + COOKIE)
JSON = (b"content-type", b"application/json")


def test_a_program_with_the_token_is_accepted() -> None:
    verdict = ask(b"POST", b"/api/tasks?x=1", BEARER, JSON)
    assert verdict == Admitted("/api/tasks", "x=1", ClientIdentity("token", Scope.ADMIN))


def test_public_paths_need_only_a_valid_host() -> None:
    assert ask(b"GET", b"/health") == Admitted("/health", "", None)
    assert code(gate(Head("127.0.0.1", b"GET", b"/health", ()), POLICY)) == "bridge.host"
    assert code(ask(b"POST", b"/health", JSON)) == "bridge.unauthorized"
    assert code(ask(b"GET", b"/", (b"upgrade", b"websocket"))) == "bridge.unauthorized"


@pytest.mark.parametrize(
    "headers",
    [
        [PAGE, (b"origin", ORIGIN)],
        [PAGE, (b"sec-fetch-site", b"same-origin")],
        [PAGE, (b"origin", ORIGIN), (b"sec-fetch-site", b"same-origin")],
    ],
)
def test_the_page_signs_in_with_its_cookie(headers: Headers) -> None:
    verdict = ask(b"GET", b"/api/tasks", *headers)
    assert isinstance(verdict, Admitted) and verdict.caller == ClientIdentity("page", Scope.WORK)


@pytest.mark.parametrize(
    "verb, headers",
    [
        (b"GET", [PAGE]),
        (b"GET", [PAGE, (b"sec-fetch-site", b"none")]),
        (b"POST", [PAGE, JSON, (b"sec-fetch-site", b"same-origin")]),
        (b"GET", [PAGE, (b"upgrade", b"websocket"), (b"sec-fetch-site", b"same-origin")]),
        (b"GET", [PAGE, (b"origin", FOREIGN)]),
    ],
)
def test_a_cookie_counts_only_when_the_page_itself_sent_the_request(verb: bytes, headers: Headers) -> None:
    assert code(ask(verb, b"/api/tasks", *headers)) == "bridge.cookie"


def test_two_cookies_with_our_name_are_refused() -> None:
    twice = (b"cookie", b"maestrod=x; maestrod=" + COOKIE)
    assert code(ask(b"GET", b"/api/tasks", twice, (b"origin", ORIGIN))) == "bridge.unauthorized"


def test_a_valid_cookie_does_not_excuse_a_wrong_token() -> None:
    wrong = (b"authorization", b"Bearer x")
    assert code(ask(b"GET", b"/api/tasks", wrong, PAGE, (b"origin", ORIGIN))) == "bridge.unauthorized"


def test_an_allowed_origin_still_needs_the_token_and_may_then_read() -> None:
    origin = (b"origin", FOREIGN)
    assert code(ask(b"GET", b"/api/tasks", origin)) == "bridge.unauthorized"
    verdict = ask(b"GET", b"/api/tasks", origin, BEARER, (b"sec-fetch-site", b"cross-site"))
    assert isinstance(verdict, Admitted) and verdict.origin == FOREIGN


@pytest.mark.parametrize("peer", ["10.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "", "localhost", "127.0.0.1.evil"])
def test_clients_from_other_machines_are_refused(peer: str) -> None:
    assert code(ask(b"GET", b"/health", peer=peer)) == "bridge.not_local"
    assert not is_loopback(peer)


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_clients_on_this_machine_are_recognized(peer: str) -> None:
    assert is_loopback(peer)


def test_too_many_headers_are_refused() -> None:
    assert code(ask(b"GET", b"/health", *[(b"x", b"y")] * 200)) == "bridge.headers"


NAMES = st.sampled_from(
    [
        *(b"host", b"origin", b"authorization", b"cookie", b"content-type", b"content-length", b"transfer-encoding"),
        *(b"sec-fetch-site", b"upgrade", b"connection", b"access-control-request-method", b"forwarded", b"x"),
    ]
)
VALUES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            *(
                HOST,
                ORIGIN,
                FOREIGN,
                b"null",
                b"*",
                b"Bearer x",
                b"Bearer " + TOKEN[:-1],
                b"maestrod=x",
                b"application/json",
            ),
            *(b"same-origin", b"none", b"cross-site", b"websocket", b"chunked", b"0", b"GET", b"Bearer", b"bearer  "),
        ]
    ),
)
TARGETS = st.one_of(
    st.binary(max_size=30), st.sampled_from([b"/", b"/health", b"/api/tasks", b"/%2e", b"/a?b", b"//", b"*"])
)
VERBS = st.one_of(st.binary(max_size=8), st.sampled_from([b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"HEAD"]))
PEERS = st.one_of(st.text(max_size=20), st.sampled_from(["127.0.0.1", "::1", "10.0.0.1"]))


@settings(max_examples=600)
@given(PEERS, VERBS, TARGETS, st.lists(st.tuples(NAMES | st.binary(max_size=12), VALUES), max_size=8))
def test_no_request_head_makes_the_gate_raise_or_admits_a_stranger(
    peer: str, verb: bytes, target: bytes, headers: Headers
) -> None:
    verdict = gate(Head(peer, verb, target, headers), POLICY)
    if isinstance(verdict, Refusal):
        assert 400 <= verdict.status < 500
        assert verdict.message.isascii()
        return
    named = dict(headers)
    assert is_loopback(peer) and named[b"host"] in POLICY.hosts
    assert verdict.path.startswith("/") and ".." not in verdict.path.split("/")
    assert verdict.caller is None, "none of these values is a credential"
    assert verdict.preflight or verdict.path in {"/", "/health"}
    assert named.get(b"origin", ORIGIN) in {ORIGIN, FOREIGN}


@settings(max_examples=300)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_additions_to_a_valid_request_never_widen_its_access(more: Headers) -> None:
    verdict = ask(b"GET", b"/api/tasks", BEARER, *more)
    if isinstance(verdict, Admitted):
        assert verdict.caller == ClientIdentity("token", Scope.ADMIN)
        assert [name for name, _ in more if name in {b"host", b"authorization"}] == []
