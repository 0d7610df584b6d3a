"""The page is readable: nothing is clipped, titles of a graph are distinguishable, controls are large enough and have roles."""

import pytest

from tests.kit.screens.browser import needs_chromium
from tests.page.conftest import Page
from tests.page.plans import ASK

pytestmark = [needs_chromium, pytest.mark.slow]

LONG = "# Parts\n" + "".join(
    f"## Component of the shop that is number {number}\n- [ ] test_{number}.py\n  ```sh\n  printf 'test_{number}.py'; sleep 1000\n  ```\n"
    for number in range(12)
)

#: The graph that is seen; the one of a plan to approve may be there too.
GRAPH = "[...document.querySelectorAll('.graph')].find((it) => it.offsetParent)"

#: Text in what hides its overflow, with lines too low for descenders, underscores and CJK (Noto Sans CJK is 1.448 high).
CUT = """
[...document.querySelectorAll('body *')].filter((it) => {
  if (it.offsetParent === null || it.closest('.xterm, svg, .sr')) return false;
  const style = getComputedStyle(it);
  const hides = [style.overflowX, style.overflowY].some((value) => value !== 'visible');
  const text = [...it.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
  return hides && text && parseFloat(style.lineHeight) < 1.45 * parseFloat(style.fontSize);
}).map((it) => it.className || it.outerHTML.slice(0, 80))
"""

#: Controls that are less than 24 px wide or high (WCAG 2.2, 2.5.8), but for those in a line of text.
SMALL = """
[...document.querySelectorAll('button, select, input:not([type=checkbox])')].filter((it) => it.offsetParent !== null && !it.matches('.as-link'))
  .filter((it) => it.offsetWidth < 24 || it.offsetHeight < 24).map((it) => `${it.className} ${it.offsetWidth}x${it.offsetHeight}`)
"""


async def test_underscores_and_tall_scripts_are_not_clipped_anywhere(page: Page) -> None:
    run = page.start(LONG)
    page.start(ASK)
    await page.open(f"#work/task/{run['rootTaskId']}")
    await page.tab.wait(
        "[...document.querySelectorAll('.task-row .tail')].some((it) => it.textContent.includes('test_'))"
    )
    session = page.daemon.every("session.list")[0]["id"]
    for place in (f"#work/task/{run['rootTaskId']}", "#sessions", "#inbox", f"#sessions/session/{session}/why"):
        await page.go(place)
        await page.tab.wait("document.querySelector('.pane.detail').textContent.length > 10")
        assert await page.tab.run(CUT) == []
        assert await page.tab.run(SMALL) == []
        assert await page.tab.run("[...document.querySelectorAll('a[role=listitem], article[role]')].length") == 0
        assert await page.tab.run("[...document.querySelectorAll('h1')].filter((it) => it.textContent).length") >= 1


async def test_titles_in_the_graph_are_distinguishable_and_the_graph_zooms_and_fits(page: Page) -> None:
    run = page.start(LONG)
    await page.open(f"#work/task/{run['rootTaskId']}")
    await page.tab.wait("document.querySelectorAll('.graph-card').length === 12")
    cut = "[...document.querySelectorAll('.graph-title b')].filter((it) => it.scrollHeight > it.clientHeight + 1 || it.scrollWidth > it.clientWidth + 1).length"
    assert await page.tab.run(cut) == 0
    assert "number 11" in str(await page.tab.run("document.querySelector('.graph-place:last-child .graph-card').title"))
    width = "document.querySelector('.graph-card').getBoundingClientRect().width"
    whole = float(str(await page.tab.run(width)))
    await page.tab.click(".graph-tools .button[aria-label='Zoom in']")
    assert float(str(await page.tab.run(width))) == pytest.approx(whole * 1.2)
    await page.tab.run(f"{GRAPH}.focus()")
    await page.tab.press("-")
    assert float(str(await page.tab.run(width))) == pytest.approx(whole)
    box = await page.tab.run(f"(it => [it.left + 50, it.top + 50])({GRAPH}.getBoundingClientRect())")
    await page.tab.call(
        "Input.dispatchMouseEvent", type="mouseWheel", x=box[0], y=box[1], deltaX=0, deltaY=-100, modifiers=2
    )
    await page.tab.wait(f"{width} > {whole}")
    await page.tab.press("0")
    await page.tab.wait(f"{width} <= {whole}")
    fits = f"(it => it.scrollWidth <= it.clientWidth)({GRAPH})"
    assert await page.tab.run(fits) is True


async def test_the_splitter_shows_its_position_and_help_is_one_click_away(page: Page) -> None:
    await page.open()
    value = "Number(document.querySelector('[role=separator]').getAttribute('aria-valuenow'))"
    assert await page.tab.run(value) == 44
    await page.tab.run("document.querySelector('[role=separator]').focus()")
    await page.tab.press("ArrowRight")
    await page.tab.wait(f"{value} === 46")
    await page.tab.click(".header .help")
    await page.tab.see("open the oldest question")
