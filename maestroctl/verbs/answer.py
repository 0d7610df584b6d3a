"""``maestroctl answer``: answer a question in the inbox."""

from typing import Annotated, Any

import typer

from maestroctl.client.caller import Caller
from maestroctl.client.client import Client
from maestroctl.output import answer, answer_json, safe
from maestroctl.verbs.options import Json
from maestrod.api.attention import FreeText, Lasts
from maestrod.api.errors import Conflict, NotFound

_PLAN = "pln_"


def command(
    *,
    question: Annotated[
        str,
        typer.Argument(metavar="ID", help="A question's number or id, or the id of a plan awaiting approval."),
    ],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="An option or its beginning (y and n work), or text.")],
    reason: Annotated[
        str,
        typer.Argument(metavar="[REASON]", help="A reason, which the agent receives.", show_default=False),
    ] = "",
    lasts: Annotated[
        Lasts,
        typer.Option("--for", help="How long the answer holds: once, or for every identical request of the session."),
    ] = Lasts.ONCE,
    as_json: Json = False,
) -> int:
    """Answer a question in the inbox.

    The first answer wins.

    Examples:
        maestroctl answer 3 yes
        maestroctl answer 4 no "use git mv instead"
        maestroctl answer 5 y --for session
    """
    with Caller.of_this_process().client() as client:
        asked = _question(client, question)
        given = {"attentionId": asked["id"], "value": _expanded(asked, value)}
        given |= {"reason": reason} if reason else {}
        given |= {"lasts": lasts.value} if lasts is not Lasts.ONCE else {}
        reply = client.raw("attention.answer", given)
    if as_json:
        answer_json(reply)
    else:
        answer(_told(reply))
    return 0


def _question(client: Client, text: str) -> dict[str, Any]:
    """The question with this name: its own, or that of the plan it is about."""
    from maestroctl.client.resolve import resolve
    from maestrod.api.model.ids import is_id

    if text.startswith(_PLAN):
        return _about_plan(client, text if is_id(text) else resolve(client, text, "pln"))
    try:
        attention_id = resolve(client, text, "att")
    except NotFound as absent:
        try:
            return _about_plan(client, resolve(client, text, "pln"))
        except NotFound:
            raise absent from None
    question: dict[str, Any] = client.raw("attention.get", {"attentionId": attention_id})
    return question


def _about_plan(client: Client, plan_id: str) -> dict[str, Any]:
    """The open question about a plan. Raises ``Conflict`` where there is none."""
    open_ = client.raw("attention.list", {"limit": 1000}).get("items", ())
    found: dict[str, Any] | None = next((item for item in open_ if item.get("planId") == plan_id), None)
    if found is None:
        status = safe(client.raw("plan.get", {"planId": plan_id})["status"])
        raise Conflict("plan.not_waiting", f"{plan_id} is not awaiting approval: it is {status}")
    return found


def _expanded(question: dict[str, Any], value: str) -> str:
    """The option that ``value`` abbreviates, else ``value`` itself; the daemon decides whether to accept it.

    Where any text is an answer, ``value`` is never expanded.
    """
    from maestroctl.show.questions import chosen

    if question.get("freeText") == FreeText.ANSWER.value:
        return value
    return chosen(value, question.get("options", ())) or value


def _told(reply: dict[str, Any]) -> str:
    from maestroctl.show.questions import short

    given = reply["answer"]
    name = f"#{reply['number']}" if reply.get("number") else short(reply)
    lasts = " for the session" if given.get("lasts") == Lasts.SESSION.value else ""
    reason = f": {safe(given['reason'])}" if given.get("reason") else ""
    return f"{name} answered: {safe(given['value'])}{lasts}{reason}"
