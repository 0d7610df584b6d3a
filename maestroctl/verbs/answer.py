"""``maestroctl answer``: settle a question of the inbox."""

from typing import Annotated, Any

import typer

from maestroctl.caller import Caller
from maestroctl.client import Client
from maestroctl.output import answer, answer_json, safe
from maestroctl.verbs.options import Json


def _answered(client: Client, attention_id: str, value: str) -> dict[str, Any]:
    """The question with its answer. What is no option as it stands is looked up among them."""
    from maestroctl.questions import chosen
    from maestrod.api.errors import Malformed

    given = {"attentionId": attention_id, "value": value}
    try:
        reply: dict[str, Any] = client.raw("attention.answer", given)
    except Malformed as refusal:
        if refusal.reason != "attention.not_an_option":
            raise
        question = client.raw("attention.get", {"attentionId": attention_id})
        option = chosen(value, question.get("options", []))
        if option is None:
            raise
        reply = client.raw("attention.answer", {**given, "value": option})
    return reply


def command(
    *,
    question: Annotated[str, typer.Argument(metavar="ID", help="A question's id or a unique part of it.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The answer; one of the options where there are any.")],
    as_json: Json = False,
) -> int:
    """Answer a question of the inbox; the first answer wins. The beginning of an option is enough, and y or n for a permission."""
    from maestroctl.resolve import resolve

    with Caller.here().client() as client:
        reply = _answered(client, resolve(client, question, "att"), value)
    if as_json:
        answer_json(reply)
    else:
        answer(f"{reply['id']} answered: {safe(reply['answer']['value'])}")
    return 0
