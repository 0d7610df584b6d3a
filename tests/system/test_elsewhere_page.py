"""The page in a browser on another machine: over TLS, with the rights of its token, and disconnected when that is revoked."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.kit.daemons.elsewhere import Elsewhere
from tests.kit.screens.browser import Tab, needs_chromium, open_browser

pytestmark = [pytest.mark.slow, needs_chromium]

POST = "{method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'}"


@pytest.fixture
def daemon(short_folder: Path) -> Iterator[Elsewhere]:
    """A daemon that lets others in."""
    daemon = Elsewhere(short_folder / "m")
    daemon.start()
    yield daemon
    daemon.close()
    print(daemon.words())  # noqa: T201 - pytest shows it when the test failed


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    """A tab that nothing is open in."""
    async with open_browser(tmp_path / "profile") as browser:
        yield await browser.tab()


async def test_a_remote_page_is_live_read_only_and_ends_with_its_token(daemon: Elsewhere, tab: Tab) -> None:
    reader = daemon.token("read")
    address = reader.ctl("ui", "--no-browser").stdout.strip()
    await tab.call("Security.setIgnoreCertificateErrors", ignore=True)  # what a person does once for a self-signed one
    await tab.open(address)
    await tab.wait("document.querySelector('.pulse[data-state=open]')")
    assert await tab.run("location.protocol") == "https:"
    project = daemon.call("project.create", name="shop", workingDir="/tmp")["id"]
    daemon.call("task.create", projectId=project, title="Seen from elsewhere")
    await tab.see("Seen from elsewhere")
    assert await tab.run("fetch('/api/tasks').then(answer => answer.status)") == 200
    assert await tab.run(f"fetch('/api/freeze', {POST}).then(answer => answer.status)") == 403
    daemon.call("token.revoke", tokenId=reader.id)
    await tab.wait("!document.querySelector('.pulse[data-state=open]')")
    assert await tab.run("fetch('/api/tasks').then(answer => answer.status)") == 401


async def test_a_browser_rejects_the_certificate_of_an_unknown_authority(daemon: Elsewhere, tab: Tab) -> None:
    address = daemon.token("read").ctl("ui", "--no-browser").stdout.strip()
    await tab.call("Page.navigate", url=address)
    await tab.wait("document.body?.innerText.includes('ERR_CERT_AUTHORITY_INVALID')")
