"""Hostile requests to the bridge, by the numbers of the list of attacks: refused, logged once without secrets, and served on."""

import json
import os
import re
import time
from pathlib import Path

import pytest

from maestrod.api.protocol.registry import METHODS
from maestrod.api.protocol.routes import routes
from tests.kit.clients.attacked import SECRET, UPGRADE, attacked, refusals, sign_in
from tests.kit.clients.bridge_client import FOREIGN, TOKEN, ask_on, bridging


async def test_attack_1_a_rebound_name_in_host(caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        answer = await server.ask("GET", "/api/status", headers={"Host": "evil.example"})
        assert (answer.status, answer.code) == (421, "bridge.host")
        assert "evil" not in answer.body.decode()
    assert len(refusals(caplog)) == 1


HOSTS = [
    *("127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.1:{port}@evil", "127.0.0.1:{port}.evil", ""),
    *("127.0.0.1.:{port}", "LOCALHOST:{port}", "localhost", "127.0.0.1", "127.0.0.1:1", "localhost:{port}0"),
    *(
        "0.0.0.0:{port}",
        "[::]:{port}",
        "[::ffff:127.0.0.1]:{port}",
        "2130706433:{port}",
        "0x7f.1:{port}",
        "127.1:{port}",
    ),
    *(
        "workstation:{port}",
        "127.0.0.2:{port}",
        "http://127.0.0.1:{port}",
        "127.0.0.1:{port}/",
        "127.0.0.1:{port},evil",
    ),
]


@pytest.mark.parametrize("host", HOSTS)
async def test_attack_2_and_3_hosts_that_resemble_ours(host: str, caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        answer = await server.ask("GET", "/health", headers={"Host": host.format(port=server.port)})
        assert answer.status in {400, 421}
    assert len(refusals(caplog)) == 1


async def test_attack_2_no_host_or_two_hosts(caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        for head in (
            b"GET /health HTTP/1.1\r\n\r\n",
            b"GET /health HTTP/1.0\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: %b\r\nHost: evil.example\r\n\r\n" % server.host.encode(),
            b"GET /health HTTP/1.1\r\nHost: %b\r\nhost: %b\r\n\r\n" % (server.host.encode(), server.host.encode()),
        ):
            assert re.match(rb"HTTP/1.1 4(00|21) ", await server.raw(head))


@pytest.mark.parametrize(
    "target", ["http://evil.example/health", "http://{host}/health", "{host}", "*", "//evil/health"]
)
async def test_attack_2_targets_that_name_a_server(target: str, caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        answer = await server.ask("GET", target.format(host=server.host))
        assert (answer.status, answer.code) == (400, "bridge.target")


@pytest.mark.parametrize(
    "name", ["X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-URL", "X-HTTP-Method-Override"]
)
async def test_attack_4_headers_of_proxies_are_ignored(name: str, caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        headers = {"Host": "evil.example", name: f"host={server.host}"}
        assert (await server.ask("GET", "/api/status", headers=headers)).status == 421


ORIGINS = [
    *("https://evil.example", "null", "http://192.168.0.1", "http://127.0.0.1:1", "https://127.0.0.1:{port}", ""),
    *(
        "http://127.0.0.1:{port}.evil.example",
        "http://evil.example/?http://127.0.0.1:{port}",
        "http://localhost",
        "file://",
    ),
    *("http://app.example:3000.evil.example", "http://xapp.example:3000", "http://app.example:30000", "\xff\xfe\x80"),
    *("http://127.0.0.1:{port} http://evil.example", "HTTP://127.0.0.1:{port}", "http://127.0.0.1:{port}/", "*"),
]


@pytest.mark.parametrize("origin", ORIGINS)
async def test_attack_5_foreign_origins(origin: str, caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        headers = {"Origin": origin.format(port=server.port)}
        post = await server.ask("POST", "/api/projects", {"name": "x", "workingDir": "/x"}, headers)
        assert (post.status, post.code) == (403, "bridge.origin")
        assert "access-control-allow-origin" not in post.headers
        upgrade = await server.ask("GET", "/ws", headers=UPGRADE | headers)
        assert (upgrade.status, upgrade.code) == (403, "bridge.origin")
        assert not server.services.engine.world.projects


async def test_attack_5_garbage_in_host_and_origin(caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        for garbage in (b"\x00", b"\xff" * 500, b"\x1b[31m", "\u202e".encode(), b"%0d%0a", b"a" * 9000):
            for name in (b"Host", b"Origin"):
                host = b"" if name == b"Host" else b"Host: " + server.host.encode() + b"\r\n"
                reply = await server.raw(b"GET /health HTTP/1.1\r\n%b%b: %b\r\n\r\n" % (host, name, garbage))
                assert re.match(rb"HTTP/1.1 4\d\d ", reply)
    assert "\x1b" not in caplog.text


SIMPLE = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/jsonp"]
SIMPLE += ["text/plain; application/json", "application/json, text/plain", "application/json; charset=utf-16"]


@pytest.mark.parametrize("kind", SIMPLE)
async def test_attack_6_bodies_that_a_form_can_post(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        body = b'{"name":"x","workingDir":"/x"}'
        answer = await server.ask("POST", "/api/projects", body, {"Content-Type": kind or None})
        assert (answer.status, answer.code) == (415, "bridge.content_type")
        assert not server.services.engine.world.projects


async def test_attack_6_no_get_changes_anything(caplog: pytest.LogCaptureFixture) -> None:
    assert all(row.access.value == "read" for route, row in routes() if route.verb == "GET")
    async with attacked(caplog) as server:
        stream = await server.connect()
        async with stream:
            for route, _ in routes():
                if route.verb != "GET":
                    path = re.sub(r"\{\w+\}", "x", route.path)
                    for verb in ("GET", "HEAD"):
                        answer = await ask_on(stream, server.request(verb, path), verb)
                        assert answer.status in {200, 400, 404, 405, 422, 426}, (verb, path)
        assert server.services.engine.world.seq == 0


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Same-Origin", "", "x" * 1000])
@pytest.mark.parametrize("path", ["/", "/health", "/api/status", "/openapi.json", "/metrics", "/api/tasks"])
async def test_attack_7_pages_of_other_sites_embed_nothing(
    path: str, site: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with attacked(caplog) as server:
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}
        answer = await server.ask("GET", path, headers=headers)
        assert answer.status == 403
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/ws", "/", "/api/events/stream", "/api/sessions/ses_1/terminal"])
async def test_attack_8_upgrades_without_a_valid_token(path: str, caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        for value in (None, f"Bearer {SECRET}", "Bearer ", "Basic " + SECRET, f"Bearer {TOKEN[:-1].decode()}", SECRET):
            headers = dict(UPGRADE) | ({} if value is None else {"Authorization": value})
            answer = await server.ask("GET", path, headers=headers, token=False)
            assert (answer.status, answer.code) == (401, "bridge.unauthorized")
        answer = await server.ask("GET", f"{path}?token={TOKEN.decode()}", headers=UPGRADE, token=False)
        assert answer.status == 401


async def test_attack_8_a_token_of_another_start(caplog: pytest.LogCaptureFixture) -> None:
    async with bridging() as earlier:
        earlier.services.bridge.url = None
    async with attacked(caplog) as server:
        headers = {"Authorization": f"Bearer {SECRET}"}
        assert (await server.ask("GET", "/api/status", headers=headers, token=False)).status == 401


async def test_attack_8_a_cookie_on_an_upgrade_from_another_origin(caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        cookie = await sign_in(server)
        for headers in ({}, {"Origin": FOREIGN.decode()}, {"Sec-Fetch-Site": "same-origin"}):
            answer = await server.ask("GET", "/ws", headers=UPGRADE | {"Cookie": cookie} | headers, token=False)
            assert (answer.status, answer.code) == (403, "bridge.cookie")


@pytest.mark.slow
async def test_attack_9_the_time_to_refuse_a_wrong_token_reveals_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        from maestrod.transport.bridge.assembly import Assembly

        assembly = Assembly(server.listener, server.services, lambda task: None)
        check = assembly.policy.token_caller
        first, last = b"x" + TOKEN[1:], TOKEN[:-1] + b"x"

        def took(token: bytes) -> float:
            start = time.perf_counter()
            for _ in range(200):
                check(token)
            return time.perf_counter() - start

        times = [(took(first), took(last)) for _ in range(200)]
        ratio = min(a for a, _ in times) / min(b for _, b in times)
        assert 0.8 < ratio < 1.25


async def test_attack_10_preflights(caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        for origin in ("https://evil.example", "null", server.origin):
            answer = await server.ask("OPTIONS", "/api/tasks", headers={"Origin": origin} | asks, token=False)
            assert answer.status == 403
            assert not [name for name in answer.headers if name.startswith("access-control")]
        allowed = await server.ask("OPTIONS", "/api/tasks", headers={"Origin": FOREIGN.decode()} | asks, token=False)
        assert allowed.status == 204
        assert allowed.headers["access-control-allow-origin"] == FOREIGN.decode()
        assert allowed.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in allowed.headers


async def test_attack_11_our_page_cannot_be_framed(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html>")
    async with bridging(page=tmp_path) as server:
        for path in ("/", "/health", "/api/status", "/nothing"):
            answer = await server.ask("GET", path)
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["x-frame-options"] == "DENY"
        framed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "navigate"}
        assert (await server.ask("GET", "/", headers=framed, token=False)).status == 403


TRAVERSALS = [
    *("/../data/secret.key", "/..%2f..%2fetc/passwd", "/%2e%2e/x", "/api/tasks/..%2f..%2fx", "/./x", "//etc/passwd"),
    *("/api/tasks/../../x", "/%5c..%5cx", "/x%00.html", "/..", "/index.html/..", "/api//tasks"),
]


@pytest.mark.parametrize("target", TRAVERSALS)
async def test_attack_15_paths_that_climb(target: str, tmp_path: Path) -> None:
    page = tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text("page")
    (tmp_path / "secret").write_text(SECRET)
    (page / "link").symlink_to(tmp_path / "secret")
    async with bridging(page=page) as server:
        answer = await server.ask("GET", target)
        assert answer.status in {400, 404}
        assert (await server.ask("GET", "/link")).status == 404, "a link out of the folder was followed"


async def test_attack_15_ids_are_names_and_never_paths(caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        for id_ in ("%7e", "a%20b", "..;", "x" * 5000, "%f0%9f%92%a9", "%ff", "%1b[31m", "%0a"):
            for path in ("/api/tasks/{}", "/api/sessions/{}/output", "/api/sessions/{}/queue", "/api/skills/{}"):
                assert (await server.ask("GET", path.format(id_))).status in {400, 404}


async def test_attack_18_another_user_of_this_machine(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with attacked(caplog) as server:
        with monkeypatch.context() as patched:
            patched.setattr("maestrod.transport.bridge.serve.tcp_owner", lambda accepted: os.getuid() + 1)
            assert await server.raw(server.request("GET", "/api/status")) == b""
    assert [line for line in refusals(caplog) if "another user" in line]


async def test_attack_19_an_agent_with_the_token_is_held_by_the_limits(caplog: pytest.LogCaptureFixture) -> None:
    """The same user's programs cannot be kept from the token file; what they start is bounded all the same."""
    async with attacked(caplog) as server:
        project = await server.call("POST", "/api/projects", {"name": "p", "workingDir": "/p"})
        task = await server.call("POST", "/api/tasks", {"title": "t", "projectId": project["id"]})
        statuses = [
            (await server.ask("POST", "/api/sessions/spawn", {"taskIds": [task["id"]]})).status for _ in range(20)
        ]
        assert statuses.count(201) == server.services.engine.world.policy.max_sessions
        assert set(statuses) == {201, 429}


async def test_attack_20_escapes_in_a_request_do_not_reach_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        for target in ("/\x1b]0;owned\x07", "/x\x1b[2J", "/%1b[2J%0aforged"):
            await server.ask("GET", target, token=False)
        text = "\x1b[2J\nforged\u202e"
        refused = await server.ask("POST", "/api/projects", {"name": text, "workingDir": "/x"})
        assert refused.status == 400
        assert b"\x1b" not in refused.body
        await server.call("POST", "/api/projects", {"name": "p", "description": text, "workingDir": "/x"})
        listed = await server.ask("GET", "/api/projects")
        assert json.loads(listed.body)["items"][0]["description"] == text
        assert b"\x1b" not in listed.body
    assert "\x1b" not in caplog.text and "\nforged" not in caplog.text


def test_every_changing_row_needs_more_than_the_read_scope() -> None:
    from maestrod.api.model.method import Access, Scope

    assert all(row.scope > Scope.READ for row in METHODS.values() if row.access is not Access.READ and row.noun != "ui")
