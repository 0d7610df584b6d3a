"""The inbox of the page: a field only where text is accepted, plans among the questions, readable refusals."""

import pytest

from tests.kit.screens.browser import needs_chromium
from tests.page.conftest import Page
from tests.page.plans import ASK, SLEEPS

pytestmark = [needs_chromium, pytest.mark.slow]

OPEN_TEXT = """# Name it
## Name
- [ ] Ask for a name
  ```sh
  maestroctl attention ask "What is it called?" | tee answer.txt
  ```
"""

#: An answer to a question that nobody asked.
STRAY = """
import('/js/views/answer_form.js').then(({answerForm}) => {
  const question = {id: 'att_00000000000000000000000000', kind: 'input', options: ['yes'], freeText: 'none', digest: null};
  document.querySelector('.pane.detail').prepend(answerForm(question));
})
"""


async def test_an_input_field_is_shown_only_where_any_text_is_an_answer(page: Page) -> None:
    page.start(ASK)
    named = page.start(OPEN_TEXT)
    await page.open("#inbox")
    await page.tab.wait("document.title === '(2) maestrod'")
    cards = "[...document.querySelectorAll('.inbox .question')]"
    fields = f"Object.fromEntries({cards}.map((it) => [it.querySelector('.message').textContent, it.querySelectorAll('input').length]))"
    assert await page.tab.run(fields) == {"Deploy on Friday?": 0, "What is it called?": 1}
    await page.tab.run("document.querySelector('.question input').focus()")
    await page.tab.type("two words")
    await page.tab.press("Enter")
    assert page.daemon.finish_run(named["id"])["status"] == "completed"
    assert (page.daemon.home / "shop" / "answer.txt").read_text().strip() == "two words"
    await page.tab.wait("document.title === '(1) maestrod'")


async def test_a_refusal_is_shown_beside_the_question(page: Page) -> None:
    await page.open()
    await page.tab.run(STRAY)
    await page.tab.click(".detail .answer .button", "yes")
    await page.tab.wait("document.querySelector('.detail .refusal').textContent.includes('att_0000')")
    assert await page.tab.run("document.querySelector('.detail .answer .button').disabled") is False


async def test_a_plan_is_approved_in_the_inbox_and_another_is_rejected_with_a_reason(page: Page) -> None:
    first = page.start(ASK, approve=True)
    await page.open("#inbox")
    await page.tab.wait("document.title === '(1) maestrod'")
    await page.tab.see("Plan to approve: Decide")
    await page.tab.wait("document.querySelectorAll('.question .waves li').length === 2")
    await page.tab.click(".question .choices .button", "Approve")
    await page.tab.see("Deploy on Friday?")
    second = page.start(SLEEPS, approve=True)
    await page.tab.see("Plan to approve: Sleep")
    await page.tab.run("document.querySelector('.question [aria-label^=Reason]').focus()")
    await page.tab.type("too long")
    await page.tab.click(".question .choices .button", "Reject")
    await page.tab.wait("document.title === '(1) maestrod'")
    assert page.daemon.finish_run(second["id"])["status"] != "completed"
    plan = page.daemon.call("run.get", runId=second["id"])["run"]["planId"]
    assert page.daemon.call("plan.get", planId=plan)["status"] == "rejected"
    await page.tab.see("reject: too long")
    assert page.daemon.call("run.get", runId=first["id"])["run"]["status"] == "running"
