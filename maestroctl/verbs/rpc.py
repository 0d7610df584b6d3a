"""``maestroctl rpc``: calls any method by name, for methods without a command and for scripts."""

from typing import Annotated, Any

import typer

from maestroctl.client.caller import Caller
from maestroctl.output import answer_json
from maestroctl.verbs.options import Json
from maestrod.api.errors import Malformed
from maestrod.api.text.json_text import Flaw, loads


def command(
    *,
    method: Annotated[
        str, typer.Argument(metavar="METHOD", help="A method, such as task.get; `discover` describes all methods.")
    ],
    members: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=VALUE", help="Parameters; values that are valid JSON are sent as JSON.", show_default=False
        ),
    ] = None,
    as_json: Json = True,
) -> int:
    """Call any method and print the result as JSON."""
    given = _members(members or [])
    with Caller.of_this_process().client() as client:
        result = client.raw(method if "." in method else f"rpc.{method}", given)
    answer_json(result)
    return 0


def _members(texts: list[str]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise Malformed("usage", f"{text} is not KEY=VALUE")
        if name in members:
            raise Malformed("usage", f"{name} appears twice")
        members[name] = _value(name, value)
    return members


def _value(name: str, text: str) -> Any:
    """Valid JSON as JSON, anything else as text. Raises ``Malformed`` for JSON with a repeated member, of which one would be lost."""
    try:
        return loads(text)
    except Flaw as flaw:
        if flaw.is_repetition:
            raise Malformed("usage", f"{name}: {flaw}, at {flaw.path}") from flaw
        return text
