"""The page by keyboard, on a phone, in the dark, and with a screen reader."""

import string

import pytest

from tests.kit.screens.browser import needs_chromium
from tests.page.conftest import Page
from tests.page.plans import ASK, FAILS_ONCE, SLEEPS

pytestmark = [needs_chromium, pytest.mark.slow]

#: Controls that say nothing to a screen reader.
NAMELESS = """
[...document.querySelectorAll('button, a, input, textarea, select, [role=treeitem], [role=option], dialog')].filter((it) =>
  it.offsetParent !== null && !(it.getAttribute('aria-label') || it.textContent.trim() || it.labels?.length)).map((it) => it.outerHTML.slice(0, 120))
"""

#: Whether something sticks out to the right of a phone's window.
TOO_WIDE = """
document.documentElement.scrollWidth > innerWidth ||
[...document.querySelectorAll('.header > *, .detail-head, .question, .task-row, .dialog, .tabbar')].some((it) => it.getBoundingClientRect().right > innerWidth + 1)
"""


async def selected(page: Page) -> object:
    """The title of the row the keys act on."""
    return await page.tab.run("document.querySelector('.row[aria-selected=true] .title')?.textContent")


async def test_the_tree_is_navigated_folded_and_unfolded_by_keys(page: Page) -> None:
    page.start(ASK)
    await page.open()
    await page.tab.see("Ask the owner")
    await page.tab.press("j")
    assert await selected(page) == "Decide"
    await page.tab.press("ArrowDown")
    await page.tab.press("j")
    assert await selected(page) == "Ask the owner"
    await page.tab.press("ArrowLeft")
    assert await selected(page) == "Ask"
    await page.tab.press("ArrowLeft")
    await page.tab.wait("!document.querySelector('.rows').textContent.includes('Ask the owner')")
    await page.tab.press("ArrowRight")
    await page.tab.wait("document.querySelector('.rows').textContent.includes('Ask the owner')")
    await page.tab.press("Enter")
    await page.tab.wait("document.querySelector('.detail-head h1')?.textContent === 'Ask'")
    await page.tab.press("Escape")
    await page.tab.wait("location.hash === '#work'")


async def test_a_question_is_answered_by_keys_alone(
    page: Page,
) -> None:
    run = page.start(ASK)
    await page.open()
    await page.tab.wait("document.title === '(1) maestrod'")
    await page.tab.press("a")
    await page.tab.wait("document.activeElement.matches('.question')")
    await page.tab.type("yes please")
    assert page.daemon.every("attention.list") != []
    await page.tab.press("Tab")  # the session that asks
    await page.tab.press("Tab")
    assert await page.tab.run("document.activeElement.textContent") == "yes"
    await page.tab.press("Enter")
    assert page.daemon.finish_run(run["id"])["status"] == "completed"


async def test_no_key_that_types_text_answers_a_question_without_an_input_field(page: Page) -> None:
    page.start(ASK)
    await page.open()
    await page.tab.wait("document.title === '(1) maestrod'")
    for key in (*string.ascii_letters, *string.digits, *string.punctuation, " ", "Enter"):
        await page.tab.press("a")
        await page.tab.press(key)
        await page.tab.press("Escape")
    assert len(page.daemon.every("attention.list")) == 1
    assert await page.tab.run("document.title") == "(1) maestrod"


async def test_words_typed_by_mistake_stop_nothing(page: Page) -> None:
    """``s`` asks whether to stop the run; the rest of the word, space and Enter go to the way out."""
    run = page.start(SLEEPS)
    await page.open(f"#work/task/{run['rootTaskId']}")
    await page.tab.wait("document.querySelector('.task-row[data-category=active]')")
    await page.tab.type("sure ")
    await page.tab.press("Enter")
    await page.tab.wait("!document.querySelector('dialog')")
    assert page.daemon.call("run.get", runId=run["id"])["run"]["status"] == "running"


async def test_keys_belong_to_the_terminal_while_typing_and_return(page: Page) -> None:
    page.start(SLEEPS)
    await page.open("#sessions")
    await page.tab.click(".session-row", "Long")
    await page.tab.wait("document.querySelector('.xterm-rows')")
    await page.tab.press("i")
    await page.tab.type("sp2")
    assert await page.tab.run("document.querySelector('dialog')") is None
    assert "sessions/session" in str(await page.tab.run("location.hash"))
    await page.tab.press("]", control=True)
    await page.tab.press("1")
    await page.tab.wait("location.hash === '#work'")


async def test_the_help_lists_the_keys(page: Page) -> None:
    await page.open()
    await page.tab.press("?")
    await page.tab.see("open the oldest question")
    await page.tab.press("Escape")
    await page.tab.wait("!document.querySelector('dialog')")


async def test_light_and_dark_follow_the_system_until_the_user_chooses(page: Page) -> None:
    await page.tab.window(1280, 800, dark=True)
    await page.open()
    assert await page.tab.run("document.documentElement.dataset.theme") == "dark"
    await page.tab.window(1280, 800, dark=False)
    await page.tab.wait("document.documentElement.dataset.theme === 'light'")
    await page.tab.press("t")
    await page.tab.wait("document.documentElement.dataset.theme === 'dark'")
    await page.tab.run("location.reload()")
    await page.tab.wait(
        "document.documentElement.dataset.theme === 'dark' && document.querySelector('.pulse[data-state=open]')"
    )


async def test_every_control_has_a_name(page: Page) -> None:
    run = page.start(ASK)
    await page.open(f"#work/task/{run['rootTaskId']}")
    await page.tab.see("Deploy on Friday?")
    assert await page.tab.run(NAMELESS) == []
    session = page.daemon.every("session.list")[0]["id"]
    for place in (f"#sessions/session/{session}", f"#sessions/session/{session}/why", "#inbox"):
        await page.go(place)
        await page.tab.wait("document.querySelector('.pane.detail').textContent.length > 10")
        assert await page.tab.run(NAMELESS) == []
    await page.tab.press("n")
    await page.tab.wait("document.querySelector('dialog textarea')")
    assert await page.tab.run(NAMELESS) == []


async def test_on_a_phone_list_and_detail_alternate_and_nothing_overflows(page: Page) -> None:
    run = page.start(FAILS_ONCE)
    page.daemon.finish_run(run["id"])
    await page.tab.window(390, 844, phone=True)
    await page.open()
    await page.tab.wait("document.querySelector('.task-row')")
    assert await page.tab.run(TOO_WIDE) is False
    await page.tab.click(".task-row", "Work the second time")
    await page.tab.wait("document.querySelector('.pane.list').offsetParent === null")
    await page.tab.see("exit code 1")
    assert await page.tab.run(TOO_WIDE) is False
    await page.tab.click(".back")
    await page.tab.wait("document.querySelector('.pane.list').offsetParent !== null")
    await page.tab.click(".tabbar .place", "Inbox")
    await page.tab.see("No open questions")


@pytest.mark.parametrize("phone", [True, False])
@pytest.mark.parametrize("width", [320, 400, 1280])
async def test_the_search_icon_is_in_the_middle_of_its_field(page: Page, width: int, phone: bool) -> None:
    await page.tab.window(width, 800, phone=phone)
    await page.open()
    offset = await page.tab.run(
        "(() => { const [icon, field] = ['.find .icon', '.find .field'].map((it) => document.querySelector(it).getBoundingClientRect());"
        " return [icon.top + icon.bottom - field.top - field.bottom, icon.left > field.left]; })()"
    )
    assert offset == [0, True]


async def test_waves_are_what_can_run_in_parallel(page: Page) -> None:
    await page.open()
    layers = "import('/js/model/waves.js').then(({layers}) => Object.fromEntries(layers(['d', 'c', 'b', 'a'], (id) => ({d: ['b', 'c'], b: ['a'], c: ['a', 'elsewhere']}[id] ?? []))))"
    assert await page.tab.run(layers) == {"a": 0, "b": 1, "c": 1, "d": 2}


async def test_the_graph_draws_no_line_through_a_card(page: Page) -> None:
    """A line over several waves has a lane of its own: no two cards or lanes of a column overlap."""
    await page.open()
    laid = """import('/js/model/layout.js').then(({layout}) => {
      const needs = {b: ['a'], c: ['b'], d: ['c', 'a', 'e'], e: []};
      const {cards, paths} = layout(['a', 'e', 'b', 'c', 'd'], (id) => needs[id] ?? [], 800);
      return {cards: Object.fromEntries(cards), long: paths.find((path) => path.from === 'e').d};
    })"""
    plan = await page.tab.run(laid)
    assert plan["long"].count("H") == 2
    tops = sorted((card["x"], card["y"]) for card in plan["cards"].values())
    assert len(set(tops)) == 5
