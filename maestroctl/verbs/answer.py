"""``maestroctl answer``: settle a question of the inbox."""

from typing import Annotated

import typer

from maestroctl.caller import Caller
from maestroctl.output import answer, answer_json, safe
from maestroctl.verbs.options import Json


def command(
    *,
    question: Annotated[str, typer.Argument(metavar="ID", help="A question's id or a unique part of it.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The answer; one of the options where there are any.")],
    as_json: Json = False,
) -> int:
    """Answer a question of the inbox; the first answer wins."""
    from maestroctl.resolve import resolve

    with Caller.here().client() as client:
        reply = client.raw("attention.answer", {"attentionId": resolve(client, question, "att"), "value": value})
    if as_json:
        answer_json(reply)
    else:
        answer(f"{reply['id']} answered: {safe(reply['answer']['value'])}")
    return 0
