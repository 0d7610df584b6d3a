"""The page's files and the way a browser signs in."""

import gzip
from pathlib import Path

import pytest

from maestrod.api.model.method import Scope
from maestrod.transport.bridge.assembly import Assembly
from maestrod.transport.bridge.gate import ClientIdentity
from maestrod.transport.bridge.page import PageFiles
from tests.kit.clients.attacked import sign_in
from tests.kit.clients.bridge_client import BridgeServer, bridging


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    page = tmp_path / "page"
    (page / "vendor").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html>")
    (page / "vendor" / "term.js").write_text("export {}")
    return page


async def test_files_are_served_under_their_own_names(folder: Path) -> None:
    async with bridging(page=folder) as server:
        for path, kind, body in (
            ("/", "text/html; charset=utf-8", b"<!doctype html>"),
            ("/index.html", "text/html; charset=utf-8", b"<!doctype html>"),
            ("/vendor/term.js", "text/javascript; charset=utf-8", b"export {}"),
        ):
            answer = await server.ask("GET", path, token=False)
            assert (answer.status, answer.headers["content-type"], answer.body) == (200, kind, body)
        assert (await server.ask("HEAD", "/", token=False)).headers["content-length"] == "15"
        assert (await server.ask("GET", "/vendor", token=False)).status == 401
        assert (await server.ask("POST", "/", {})).status == 405


async def test_a_file_is_sent_once_and_again_only_after_it_changed(folder: Path) -> None:
    script = folder / "vendor" / "term.js"
    async with bridging(page=folder) as server:
        first = await server.ask("GET", "/vendor/term.js", token=False)
        assert first.headers["cache-control"] == "no-cache"
        known = {"If-None-Match": f'"other", {first.headers["etag"]}'}
        again = await server.ask("GET", "/vendor/term.js", headers=known, token=False)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
        script.write_text("export { changed }")
        changed = await server.ask("GET", "/vendor/term.js", headers=known, token=False)
        assert (changed.status, changed.body) == (200, b"export { changed }")
        assert changed.headers["etag"] != first.headers["etag"]


async def test_files_that_are_not_part_of_the_page_are_not_cached(folder: Path) -> None:
    async with bridging(page=folder) as server:
        for path in ("/api/status", "/health", "/openapi.json", "/nothing"):
            answer = await server.ask("GET", path, headers={"If-None-Match": "*"})
            assert answer.headers["cache-control"] == "no-store" and "etag" not in answer.headers, path


@pytest.mark.parametrize(
    "accepted, packed",
    [
        *(("gzip, deflate, br", True), ("br;q=1.0, GZIP;q=0.5", True), ("gzip; q=0", False)),
        *(("gzip;q=0.000", False), ("br", False), ("", False), (",;,=", False)),
    ],
)
async def test_files_are_packed_for_the_agent_that_reads_them(folder: Path, accepted: str, packed: bool) -> None:
    text = "export const text = 'again and again';" * 100
    (folder / "vendor" / "term.js").write_text(text)
    async with bridging(page=folder) as server:
        answer = await server.ask("GET", "/vendor/term.js", headers={"Accept-Encoding": accepted}, token=False)
        assert (answer.headers.get("content-encoding") == "gzip") is packed
        assert (gzip.decompress(answer.body) if packed else answer.body) == text.encode()
        assert len(answer.body) < 500 or not packed
        index = await server.ask("GET", "/", headers={"Accept-Encoding": accepted}, token=False)
        assert "content-encoding" not in index.headers, "it would be longer"


def test_a_deleted_page_file_is_not_served(folder: Path) -> None:
    files = PageFiles(folder)
    (folder / "index.html").unlink()
    assert files.read("/") is None
    assert "/" not in PageFiles(None)


async def test_a_code_becomes_a_cookie_once(folder: Path) -> None:
    async with bridging(page=folder) as server:
        code, _ = server.services.sign_in.code(server.services.engine.clock.steady())
        first = await server.ask("GET", f"/?code={code}", token=False)
        assert (first.status, first.headers["location"]) == (303, "/")
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(first.headers["set-cookie"].split("; "))
        second = await server.ask("GET", f"/?code={code}", token=False)
        assert second.status == 403 and b"maestroctl ui" in second.body
        assert second.headers["content-type"] == "text/html; charset=utf-8" and b'href="/"' in second.body
        assert "set-cookie" not in second.headers


async def test_a_head_request_does_not_consume_the_code(folder: Path) -> None:
    async with bridging(page=folder) as server:
        code, _ = server.services.sign_in.code(server.services.engine.clock.steady())
        await server.ask("HEAD", f"/?code={code}", token=False)
        assert (await server.ask("GET", f"/?code={code}", token=False)).status == 303


async def test_the_cookie_opens_what_the_page_requests() -> None:
    async with bridging() as server:
        headers = {"Cookie": await sign_in(server), "Sec-Fetch-Site": "same-origin"}
        assert (await server.ask("GET", "/api/status", headers=headers, token=False)).status == 200
        headers["Origin"] = server.origin
        made = await server.ask("POST", "/api/projects", {"name": "p", "workingDir": "/p"}, headers, token=False)
        assert made.status == 201
        async with server.web_socket("/", {"Cookie": headers["Cookie"], "Origin": server.origin}) as page:
            assert await page.subscribe() == 1


async def test_the_cookie_survives_the_daemon_but_not_its_key() -> None:
    async with bridging() as server:
        value = (await sign_in(server)).partition("=")[2].encode()
        assert callers(server, value) == ClientIdentity("page", Scope.ADMIN)
        assert callers(server, value[:-1] + b"0") is None or value.endswith(b"0")


def callers(server: BridgeServer, cookie: bytes) -> ClientIdentity | None:
    """Who a cookie is to the next daemon with the same key."""
    return Assembly(server.listener, server.services, lambda task: None).policy.cookie_caller(cookie)
