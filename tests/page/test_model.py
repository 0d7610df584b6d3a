"""The page's models, run in the browser without a daemon."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from maestroctl.show import progress
from maestrod.api.local.package_data import package_data
from maestrod.api.session import Usage
from maestrod.api.task import Leaves
from tests.kit.screens.browser import Browser, Tab, needs_chromium

pytestmark = [needs_chromium, pytest.mark.slow]


class Files(SimpleHTTPRequestHandler):
    """The page's files and an empty page, without a line on standard error for each."""

    def do_GET(self) -> None:
        """A file, or at the root a document that runs nothing."""
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b'<!doctype html><link rel="icon" href="/favicon.svg"><p>nothing')

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the library
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    """The page's files on a port of their own."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(package_data("page")))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
async def tab(site: str, browser: Browser) -> Tab:
    """A page that has none of our modules yet."""
    tab = await browser.tab()
    await tab.open(f"{site}/")
    return tab


async def model(tab: Tab, name: str, expression: str) -> Any:
    """The value of an expression about ``it``, a module of the model."""
    return await tab.run(f"import('/js/model/{name}.js').then((it) => {expression})")


def question(**members: object) -> str:
    """A question as the page holds it."""
    plain: dict[str, object] = {"kind": "input", "options": [], "freeText": "none", "digest": None}
    return json.dumps(plain | members)


async def test_the_end_of_a_process_is_described_by_the_name_of_its_signal(tab: Tab) -> None:
    async def words(exit_: object) -> Any:
        return await model(tab, "status", f"it.exitWords({json.dumps(exit_)})")

    assert await words({"signal": "TERM", "code": None}) == "by SIGTERM"
    assert await words({"signal": "34"}) == "by signal 34"
    assert await words({"code": 0, "signal": None}) == "with exit code 0"
    assert await words({"reason": "lost"}) == await words(None) == ""


async def test_a_question_offers_exactly_its_possible_answers(tab: Tab) -> None:
    async def offers(**members: object) -> Any:
        return await model(tab, "attention", f"it.offers({question(**members)})")

    choice = await offers(options=["2.0", "1.9"])
    assert [button["words"] for button in choice["buttons"]] == ["2.0", "1.9"]
    assert choice["field"] is None
    assert (await offers(options=["yes"], freeText="answer"))["field"] == "answer"
    assert (await offers(freeText="answer"))["field"] == "answer"
    assert (await offers(freeText="song"))["field"] is None
    assert (await offers(freeText="reason"))["field"] is None
    assert (await offers())["elsewhere"] is True
    options = ["allow", "deny", "allow for session", "deny for session"]
    standing = await offers(kind="permission", options=options, freeText="reason", digest="d0")
    assert standing["buttons"] == [
        {"words": "Allow", "value": "allow", "lasts": "once"},
        {"words": "Deny", "value": "deny", "lasts": "once"},
        {"words": "Allow in this session", "value": "allow", "lasts": "session"},
        {"words": "Deny in this session", "value": "deny", "lasts": "session"},
    ]
    own = await offers(options=["wait for session"])
    assert own["buttons"] == [{"words": "wait for session", "value": "wait for session", "lasts": "once"}]


@pytest.mark.parametrize(
    "given, shown",
    [
        (
            {"description": "Build it", "command": "make\nmake test", "timeout": 5},
            [("command", "", "make\nmake test"), ("note", "", "Build it"), ("text", "timeout", "5")],
        ),
        ({"file_path": "/a b.py", "old_string": "x"}, [("path", "", "/a b.py"), ("text", "old string", "x")]),
        ({"command": ["git", "push"]}, [("command", "", "git push")]),
        ({"command": 7}, [("text", "command", "7")]),
    ],
)
async def test_the_input_of_a_tool_is_shown_readably(
    tab: Tab, given: dict[str, object], shown: list[tuple[str, str, str]]
) -> None:
    parts = await model(tab, "attention", f"it.readableInput({json.dumps(json.dumps(given))})")
    assert sorted((part["as"], part["name"], part["text"]) for part in parts) == sorted(shown)
    assert [part["name"] for part in parts] == sorted((part["name"] for part in parts), key=bool)


async def test_input_that_is_not_an_object_or_was_shortened_is_shown_as_it_is(tab: Tab) -> None:
    for text in ('{"command": "echo', "[1, 2]", "null", "plain words"):
        parts = await model(tab, "attention", f"it.readableInput({json.dumps(text)})")
        assert parts == [{"as": "text", "name": "", "text": text}]
    assert await model(tab, "attention", "it.readableInput(null)") == []


async def test_unknown_statuses_and_kinds_of_a_newer_daemon_are_shown_by_name(tab: Tab) -> None:
    assert (await model(tab, "status", "it.taskLook({status: 'parked_for_now'})"))["word"] == "parked for now"
    assert (await model(tab, "status", "it.sessionLook({status: 'dreaming'})"))["word"] == "dreaming"
    assert await model(tab, "attention", "it.askerWords('merge_conflict')") == "Merge conflict:"


async def test_progress_and_usage_are_worded_as_on_the_command_line(tab: Tab) -> None:
    for leaves in (Leaves(total=11, completed=10, failed=1), Leaves(total=2, cancelled=2), Leaves(total=3, skipped=1)):
        counts = {name: getattr(leaves, name) for name in Leaves.__struct_fields__}
        words = await model(tab, "progress", f"it.countsOf({json.dumps(counts)})")
        assert words == progress.progress_text(leaves).replace(" tasks completed", " completed")
    for usage in (Usage(input=16000, output=1234567, cost=0.075), Usage(input=999), Usage(output=1000, cost=12.0)):
        members = {"input": usage.input, "output": usage.output, "cost": usage.cost}
        assert await model(tab, "progress", f"it.usageWords({json.dumps(members)})") == progress.spent(usage)
    for fraction in (0, 0.29, 0.57, 0.999, 1):
        assert await model(tab, "progress", f"it.percent({fraction})") == progress.percent(fraction)
    assert await model(tab, "progress", "[it.counted(1, 'wave'), it.counted(2, 'wave')]") == ["1 wave", "2 waves"]


async def test_a_wave_with_a_failed_or_cancelled_task_is_not_done(tab: Tab) -> None:
    words = "[['completed', 'skipped'], ['completed', 'failed'], ['cancelled', 'completed'], ['pending', 'completed'], ['pending']]"
    assert await model(tab, "rows", f"{words}.map(it.waveWords)") == [
        "done",
        "1 failed",
        "cancelled",
        "2 side by side",
        "",
    ]


#: Three runs of one title, and a session of the second.
STORE = """
import('/js/wire/store.js').then(({Store}) => {
  const store = new Store();
  for (const number of [2, 1, 3]) {
    store.put('task', {id: `t${number}`, title: 'Ship version 2.0', status: number === 2 ? 'failed' : 'completed', createdAt: number});
    store.put('run', {id: `r${number}`, rootTaskId: `t${number}`, number, projectId: 'p1', createdAt: number});
  }
  store.put('session', {id: 's1', name: 'Build', agent: 'claude', status: 'failed', unitTaskId: 't2', taskIds: []});
  return Promise.all([import('/js/model/rows.js'), import('/js/model/projects.js')]).then(([rows, projects]) => (EXPRESSION));
})
"""


async def test_the_newest_run_is_first_and_a_number_finds_its_run(tab: Tab) -> None:
    rows = "((query) => rows.rowsOf(store, {query, filter: 'all', folds: new Map()}).map((row) => row.key))"
    assert await tab.run(STORE.replace("EXPRESSION", f"{rows}('')")) == ["t3", "t2", "t1"]
    assert await tab.run(STORE.replace("EXPRESSION", f"{rows}('#2')")) == ["t2"]


async def test_cancelled_tasks_are_not_counted_as_done(tab: Tab) -> None:
    statuses = "['completed', 'skipped', 'cancelled', 'failed', 'pending']"
    assert await model(tab, "rows", f"{statuses}.map((status) => it.passes('done', {{status}}, false))") == [
        True,
        True,
        False,
        False,
        False,
    ]


async def test_a_session_is_found_by_name_status_agent_and_title_of_its_task(tab: Tab) -> None:
    find = "['build', 'failed', 'claude', 'ship version', 'failed claude', 'codex'].map((query) => rows.sessionMatches(rows.wordsOf(query), store.session.get('s1'), store))"
    assert await tab.run(STORE.replace("EXPRESSION", find)) == [True, True, True, True, True, False]


async def test_a_project_whose_folder_is_gone_is_listed_last_and_not_offered(tab: Tab) -> None:
    projects = json.dumps(
        [
            {"id": "p1", "name": "shop", "workingDir": "/a/shop", "problem": "", "createdAt": 1},
            {"id": "p2", "name": "x", "workingDir": "/gone", "problem": "its folder is gone", "createdAt": 9},
            {"id": "p3", "name": "shop", "workingDir": "/b/shop", "problem": "", "createdAt": 2},
        ]
    )
    places = await tab.run(STORE.replace("EXPRESSION", f"projects.placesOf({projects}, store.run.values())"))
    assert [place["id"] for place in places] == ["p1", "p3", "p2"]
    assert [place["words"] for place in places][:2] == ["shop — /a/shop", "shop — /b/shop"]
    assert places[2]["problem"]
