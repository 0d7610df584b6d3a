"""Public JSON-RPC clients work with the socket unchanged: in Python and Node, by line and by Content-Length.

The Node clients run where ``node`` is and ``MAESTRO_NODE_MODULES`` names a folder with the packages of ``NODE_PACKAGES``.
"""

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonrpcclient
import pytest
import trio
from pylsp_jsonrpc.endpoint import Endpoint
from pylsp_jsonrpc.exceptions import JsonRpcException
from pylsp_jsonrpc.streams import JsonRpcStreamReader, JsonRpcStreamWriter

from maestrod.api.errors import NotFound
from tests.kit.clients.socket_client import SocketServer, serving
from tests.kit.patience import PATIENCE

#: What ``.ci/run`` installs for the Node clients.
NODE_PACKAGES = {"vscode-jsonrpc": "8.2.1", "json-rpc-2.0": "1.7.1"}

_CLIENTS = Path(__file__).parent / "clients"
_MODULES = os.environ.get("MAESTRO_NODE_MODULES", "")


async def in_thread(client: Callable[[Path], Any], server: SocketServer) -> Any:
    """What a blocking client gets from the server."""
    with trio.fail_after(3 * PATIENCE):
        return await trio.to_thread.run_sync(client, server.path, abandon_on_cancel=True)


def connected(path: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(PATIENCE)
    client.connect(str(path))
    return client


async def test_python_jsonrpcclient_by_line(tmp_path: Path) -> None:
    def talk(path: Path) -> list[Any]:
        with connected(path) as client, client.makefile("rwb") as stream:

            def said(text: str) -> Any:
                stream.write(text.encode() + b"\n")
                stream.flush()
                return jsonrpcclient.parse_json(stream.readline().decode())

            made = said(jsonrpcclient.request_json("project.create", params={"name": "π", "workingDir": "/shop"}))
            assert isinstance(made, jsonrpcclient.Ok)
            stream.write(jsonrpcclient.notification_json("project.list").encode() + b"\n")
            found = said(jsonrpcclient.request_json("project.get", params=[made.result["id"]]))
            refused = said(jsonrpcclient.request_json("project.get", params=["none"], id="a"))
            batch = said(json.dumps([jsonrpcclient.request_uuid("system.status") for _ in range(3)]))
            return [found, refused, *batch]

    async with serving(tmp_path) as server:
        found, refused, *batch = await in_thread(talk, server)
    assert found.result["name"] == "π"
    assert isinstance(refused, jsonrpcclient.Error) and (refused.code, refused.id) == (404, "a")
    assert [answer.result["pid"] for answer in batch] == [4242] * 3


@contextmanager
def language_client(path: Path, notified: dict[str, Callable[[Any], None]]) -> Generator[Endpoint]:
    """The client side of python-lsp-jsonrpc."""
    with connected(path) as client, client.makefile("rb") as incoming, client.makefile("wb") as outgoing:
        endpoint = Endpoint(notified, JsonRpcStreamWriter(outgoing).write)
        reader = threading.Thread(target=JsonRpcStreamReader(incoming).listen, args=(endpoint.consume,))
        reader.start()
        try:
            yield endpoint
        finally:
            client.shutdown(socket.SHUT_RDWR)
            reader.join()
            endpoint.shutdown()


async def test_python_lsp_jsonrpc_by_content_length(tmp_path: Path) -> None:
    events: list[str] = []
    came = threading.Event()

    def note(params: Any) -> None:
        events.append(params["event"]["type"])
        came.set()

    def talk(path: Path) -> tuple[str, JsonRpcException, bool]:
        with language_client(path, {"event": note}) as client:
            client.request("system.hello", {"client": "editor"}).result(PATIENCE)
            client.request("event.subscribe", {"topics": ["project"]}).result(PATIENCE)
            made = client.request("project.create", {"name": "π", "workingDir": "/shop"}).result(PATIENCE)
            refused = client.request("task.get", {"taskId": "none"}).exception(PATIENCE)
            came.wait(PATIENCE)
            return made["name"], refused, came.is_set()

    async with serving(tmp_path) as server:
        name, refused, answered = await in_thread(talk, server)
    assert (name, answered, events) == ("π", True, ["project.created"])
    assert isinstance(refused, JsonRpcException) and refused.code == NotFound.rpc_code


def run_node(script: str, path: Path, *arguments: str) -> Any:
    """What a Node client says of the server."""
    environment = {**os.environ, "NODE_PATH": _MODULES}
    command = ["node", str(_CLIENTS / script), str(path), *arguments]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE, env=environment, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def needs_node(package: str) -> pytest.MarkDecorator:
    there = shutil.which("node") is not None and bool(_MODULES) and (Path(_MODULES) / package).is_dir()
    reason = f"needs node, and {package} {NODE_PACKAGES[package]} in the folder MAESTRO_NODE_MODULES"
    return pytest.mark.skipif(not there, reason=reason)


@pytest.mark.slow
@needs_node("vscode-jsonrpc")
async def test_node_vscode_jsonrpc_by_content_length(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        async with server.client() as client:
            session = (await client.call("session.register", {"workingDir": "/elsewhere"}))["id"]
        results = await in_thread(lambda path: run_node("vscode.js", path, session), server)
    assert (results["pid"], results["name"], results["hello"]["protocol"]) == (4242, "π", 1)
    assert results["events"] == ["project.created"]
    assert results["refused"]["code"] == 404 and results["refused"]["data"]["code"] == "task.not_found"
    assert results["cancelled"] == -32800


@pytest.mark.slow
@needs_node("json-rpc-2.0")
async def test_node_json_rpc_2_by_line(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        results = await in_thread(lambda path: run_node("json_rpc_2.js", path), server)
    assert results == {"name": "π", "refused": 404, "unknown": -32601, "batch": [4242] * 3}
