"""``maestroctl rpc``: any method by its name, for what has no command and for scripts that know the contract."""

import json
from typing import Annotated, Any

import typer

from maestroctl.caller import Caller
from maestroctl.output import answer_json
from maestroctl.verbs.options import Json
from maestrod.api.errors import Malformed


def command(
    *,
    method: Annotated[
        str, typer.Argument(metavar="METHOD", help="A method, as task.get; `discover` describes them all.")
    ],
    members: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=VALUE", help="Parameters; a value that is JSON is taken as JSON.", show_default=False
        ),
    ] = None,
    as_json: Json = True,
) -> int:
    """Call any method; prints the result as JSON."""
    with Caller.here().client() as client:
        result = client.raw(method if "." in method else f"rpc.{method}", dict(_pair(text) for text in members or ()))
    answer_json(result)
    return 0


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise Malformed("usage", f"{text} is not KEY=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
