"""``maestroctl token``: the secret is made here, printed once or written to a file, and never sent."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit.clients.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine

TOKEN = {"id": "tok_00000000000000000000000001", "name": "laptop", "owner": "ada", "scope": "work"}


@pytest.fixture
def asked(daemon: FakeDaemon) -> FakeDaemon:
    daemon.on("token.create", {"token": TOKEN})
    return daemon


def sent(daemon: FakeDaemon) -> dict[str, Any]:
    [call] = daemon.called("token.create")
    return call


def test_only_the_digest_is_sent(asked: FakeDaemon, cli: CommandLine) -> None:
    outcome = cli("token", "create", "laptop", "--scope", "work", "--owner", "ada")
    secret = outcome.out.strip()
    assert outcome.code == 0
    assert secret.startswith("mst_")
    assert f"maestroctl token revoke {TOKEN['id']}" in outcome.err
    digest = hashlib.sha256(secret.encode()).hexdigest()
    assert sent(asked) == {"name": "laptop", "owner": "ada", "scope": "work", "digest": digest}


def test_the_secret_goes_to_a_private_file(asked: FakeDaemon, cli: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "token"
    outcome = cli("token", "create", "laptop", "--file", str(file))
    assert (outcome.code, outcome.out) == (0, "")
    assert file.stat().st_mode & 0o777 == 0o600
    assert sent(asked)["digest"] == hashlib.sha256(file.read_text().strip().encode()).hexdigest()
    assert cli("token", "create", "laptop", "--file", str(file)).code == 2, "a file that is there is left alone"
    assert len(asked.called("token.create")) == 1


def test_json_is_printed(asked: FakeDaemon, cli: CommandLine) -> None:
    document = json.loads(cli("token", "create", "laptop", "--json").out)
    assert (document["id"], document["scope"]) == (TOKEN["id"], "work")
    assert document["secret"].startswith("mst_")


def test_the_list_is_a_table(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("token.list", {"items": [TOKEN]})
    out = cli("token", "list").out
    assert out.splitlines()[0].split() == ["ID", "SCOPE", "OWNER", "SINCE", "REVOKED", "NAME"]
    assert "ada" in out
