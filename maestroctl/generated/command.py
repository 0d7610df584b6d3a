"""Makes the generated commands: ``maestroctl <noun> <verb>`` for every method row.

The row's positional parameters are arguments; the others are options. Help, choices and types come from the struct.
"""

import inspect
import json
import re
from collections.abc import Callable
from typing import Any

import msgspec
import typer

from maestroctl.client import session_env
from maestroctl.client.caller import Caller
from maestroctl.client.client import Client
from maestroctl.client.reading import module_of, read
from maestroctl.client.resolve import resolve_members
from maestroctl.generated.fields import Field, ValueKind, fields_of
from maestroctl.lines import LINES, explain_empty
from maestroctl.output import answer, answer_json, say
from maestrod.api.errors import Malformed
from maestrod.api.model.method import Access, Method
from maestrod.api.session import SessionPage
from maestrod.api.text.json_text import Flaw, loads

AnyMethod = Method[Any, Any]

_TYPES = {
    ValueKind.TEXT: str,
    ValueKind.INTEGER: int,
    ValueKind.NUMBER: float,
    ValueKind.FLAG: bool,
    ValueKind.JSON: str,
}

#: Methods that read the caller's own session if none is named.
_OWN_SESSION = {"session.get", "session.why", "queue.get"}

#: Rows that are streams or need a lasting connection: hand-made commands serve them.
NOT_GENERATED = {"event.subscribe", "event.unsubscribe", "session.attach", "system.hello"}


def verbs_of(noun: str) -> dict[str, AnyMethod]:
    """The rows of a noun by verb. Imports only the module of the contract that has them."""
    module = module_of(noun)
    return {row.verb: row for row in module.METHODS if row.noun == noun and row.name not in NOT_GENERATED}


def leaf(row: AnyMethod) -> Callable[..., None]:
    """The function that typer turns into a command."""
    fields = {field.name: field for field in fields_of(row)}
    positional = [fields.pop(name) for name in row.positional]
    options = list(fields.values())

    def command(**given: Any) -> None:
        as_json = given.pop("json")
        perform(row, collect(row, positional, options, given), as_json=as_json)

    parameters = [_argument(row, field, first=index == 0) for index, field in enumerate(positional)]
    parameters += [_option(field) for field in options]
    parameters.append(json_option())
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # inspect reads it
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = f"{row.summary}.\n\n{_on_the_command_line(row.params.__doc__ or '', positional, options)}"
    command.__name__ = row.verb
    return command


def _on_the_command_line(text: str, positional: list[Field], options: list[Field]) -> str:
    """The contract's text, with parameters as the command line writes them: ``timeout_ms`` is ``--timeout-ms``."""
    written = {field.name: field.metavar for field in positional} | {field.name: field.option for field in options}
    return re.sub(r"``(.+?)``", lambda match: written.get(match[1], match[1]), inspect.cleandoc(text))


def json_option() -> inspect.Parameter:
    """The option that every generated command has."""
    return inspect.Parameter(
        "json",
        inspect.Parameter.KEYWORD_ONLY,
        default=typer.Option(False, "--json", help="Print the result as one JSON document."),
        annotation=bool,
    )


def collect(row: AnyMethod, positional: list[Field], options: list[Field], given: dict[str, Any]) -> dict[str, Any]:
    """The method's parameters from the command line and the environment. Raises ``Malformed``."""
    caller = Caller.of_this_process()
    environ = caller.environ
    members: dict[str, Any] = {}
    for field in [*positional, *options]:
        if given.get(field.name) is not None:
            members[field.wire] = _value(field, given[field.name])
    if "workingDir" in members:
        members["workingDir"] = caller.absolute(members["workingDir"])
    own = environ if row.noun == "task" and row.access is Access.WORK else {}
    names = [field.wire for field in positional]
    values = [members.pop(name) for name in names if name in members]
    try:
        members.update(session_env.place(names, values, own))
    except ValueError as error:
        raise Malformed("usage", str(error)) from error
    for field in [*positional, *options]:
        if field.required and field.wire not in members:
            raise Malformed("usage", f"{field.metavar} is required: see `maestroctl {row.noun} {row.verb} --help`")
    session_env.fill(members, environ, session=_speaks_of_itself(row))
    return members


def perform(row: AnyMethod, members: dict[str, Any], *, as_json: bool) -> None:
    """Call the method and print its reply."""
    caller = Caller.of_this_process()
    with caller.client() as client:
        client.patience = session_env.patience(row.name, members, caller.environ)
        resolve_members(client, members)
        raw = client.request(row.name, members)
        if as_json:
            answer_json(json.loads(bytes(raw)))
        elif row.name in LINES:
            _print_line(row.name, json.loads(bytes(raw)))
        else:
            _print_reply(client, row, raw)


def _print_reply(client: Client, row: AnyMethod, raw: msgspec.Raw) -> None:
    from maestroctl.show.pauses import marked
    from maestroctl.show.render import render

    reply = read(raw, row.result)
    if isinstance(reply, SessionPage):
        reply = marked(client, reply)
    for line in render(reply):
        answer(line)


def _print_line(method: str, reply: dict[str, Any]) -> None:
    line = LINES[method](reply)
    if line:
        answer(line)
    else:
        say(explain_empty(method, reply))


def _speaks_of_itself(row: AnyMethod) -> bool:
    """Whether the session defaults to the caller's own."""
    optional = any(field.name == "session_id" and not field.required for field in fields_of(row))
    return optional and (row.access is Access.WORK or row.name in _OWN_SESSION)


def _annotation(field: Field) -> Any:
    if field.kind in {ValueKind.LIST, ValueKind.WORDS}:
        return list[str] | None
    return (field.choices or _TYPES[field.kind]) | None


def _argument(row: AnyMethod, field: Field, *, first: bool) -> inspect.Parameter:
    """A positional parameter. ``collect`` decides whether it is required, since that depends on the environment too."""
    own = first and field.name == "task_id" and row.noun == "task"
    help_text = field.help + (" Inside a session, defaults to its own task." if own else "")
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=typer.Argument(None, metavar=field.metavar, help=help_text, show_default=False),
        annotation=_annotation(field),
    )


def _option(field: Field) -> inspect.Parameter:
    names = [field.option]
    if field.kind is ValueKind.FLAG:
        names = [f"{field.option}/--no-{field.option[2:]}"]
    help_text = field.help or ("A JSON document." if field.kind is ValueKind.JSON else "")
    help_text += " Repeatable or comma-separated." if field.kind is ValueKind.LIST else ""
    help_text += " Repeatable." if field.kind is ValueKind.WORDS else ""
    help_text += " Required." if field.required else ""
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=typer.Option(None, *names, help=help_text.strip(), show_default=False),
        annotation=_annotation(field),
    )


def _value(field: Field, value: Any) -> Any:
    """A command-line value as a JSON value. Raises ``Malformed`` if it must be JSON and is not."""
    if field.kind is ValueKind.CHOICE:
        return value.value
    if field.kind is ValueKind.LIST:
        return [part for text in value for part in text.split(",") if part]
    if field.kind is ValueKind.JSON:
        try:
            return loads(value)
        except Flaw as flaw:
            place = f" at {flaw.path}" if flaw.path else ""
            raise Malformed("usage", f"{field.option}: not JSON ({flaw}{place})") from flaw
    return value
