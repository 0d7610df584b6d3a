"""``maestroctl send``: a prompt for an agent, or keys for its terminal."""

import time
from typing import Annotated, Any

import typer

from maestroctl.client.caller import Caller
from maestroctl.client.client import Client
from maestroctl.client.text_input import read_words
from maestroctl.lines import LINES
from maestroctl.output import answer, answer_json, safe_block, say
from maestroctl.verbs.options import Json, SessionArgument, TimeoutMs
from maestrod.api.errors import Conflict, Malformed, TimedOut

#: Messages that nothing more will happen to, and the exit code of waiting for one.
_CODES = {"answered": 0, "failed": 1}
#: Why the daemon takes no message for a session that can still be typed to.
_NO_PROMPTS = "message.no_prompts"


def command(
    *,
    session: SessionArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to say; - reads it from standard input.")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the agent's answer and print it.")] = False,
    keys: Annotated[bool, typer.Option("--keys", help="Type it into the terminal as it is, at once.")] = False,
    enter: Annotated[bool, typer.Option("--enter/--no-enter", help="With --keys: press Enter after it.")] = True,
    timeout_ms: TimeoutMs = None,
    as_json: Json = False,
) -> int:
    """Send a prompt to an agent: delivered once, when the agent can take it. Prints the message's id and where it is.

    An agent that takes no prompts (shell) gets it typed into its terminal. Exit code with --wait: 0 answered, 1 the
    session ended before, 124 timed out; the message stays.
    """
    from maestroctl.client.resolve import resolve

    text = read_words() if text == "-" else text
    with Caller.here().client() as client:
        session_id = resolve(client, session, "ses")
        message = None if keys else _send(client, session_id, text)
        if message is None:
            if wait:
                raise Malformed("usage", "what is typed into a terminal is answered on the terminal: leave out --wait")
            return _type(client, session_id, text, enter=enter, as_json=as_json)
        if wait:
            message = _answered(client, message, timeout_ms)
    return _show(message, as_json=as_json, waited=wait)


def _send(client: Client, session_id: str, text: str) -> dict[str, Any] | None:
    """The message; None when the agent takes none."""
    try:
        message: dict[str, Any] = client.raw("message.send", {"sessionId": session_id, "text": text})
    except Conflict as refusal:
        if refusal.reason != _NO_PROMPTS:
            raise
        say("This agent takes no prompts: typed into its terminal.")
        return None
    return message


def _type(client: Client, session_id: str, text: str, *, enter: bool, as_json: bool) -> int:
    reply = client.raw("session.send", {"sessionId": session_id, "text": text, "enter": enter})
    if as_json:
        answer_json(reply)
    return 0


def _answered(client: Client, message: dict[str, Any], timeout_ms: int | None) -> dict[str, Any]:
    """The message when nothing more happens to it. Raises ``TimedOut``. Survives a restart of the daemon."""
    from maestroctl.client.stream import EventStream
    from maestrod.api.event import EventSubscribe

    deadline = None if timeout_ms is None else time.monotonic() + timeout_ms / 1000
    stream = EventStream(client, EventSubscribe(topics=("message",)))
    try:
        stream.open()  # before the first look, so that no change is missed
        while (message := client.raw("message.get", {"messageId": message["id"]}))["status"] not in _CODES:
            remaining = None if deadline is None else deadline - time.monotonic()
            if remaining is not None and remaining <= 0:
                problem = f"{message['id']} is {message['status']}: not answered in the time given; it stays"
                raise TimedOut("send.timeout", problem)
            stream.poll(remaining)
    finally:
        stream.close()
    return message


def _show(message: dict[str, Any], *, as_json: bool, waited: bool) -> int:
    if as_json:
        answer_json(message)
    elif waited and message["status"] == "answered":
        answer(safe_block(message.get("reply", "")))
    else:
        answer(LINES["message.send"](message))
    return _CODES[message["status"]] if waited else 0
