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
from maestrod.api.errors import Conflict, Malformed, ResyncRequired, TimedOut

#: The daemon's reason for refusing a message to a session whose terminal still accepts input.
_NO_PROMPTS = "message.no_prompts"


def command(
    *,
    session: SessionArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The prompt, or - to read it from stdin.")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the agent's reply and print it.")] = False,
    keys: Annotated[bool, typer.Option("--keys", help="Type the text into the terminal at once, unchanged.")] = False,
    enter: Annotated[bool, typer.Option("--enter/--no-enter", help="With --keys: press Enter after the text.")] = True,
    timeout_ms: TimeoutMs = None,
    as_json: Json = False,
) -> int:
    """Send a prompt to an agent, or keys to its terminal.

    The prompt is delivered once, when the agent is ready for it. Prints the message's id and status. If the agent takes no
    prompts (shell), the text is typed into its terminal.

    Exit code with --wait: 0 answered, 1 the session ended first, 124 timed out (the message stays queued or delivered).
    """
    from maestroctl.client.resolve import resolve

    text = read_words() if text == "-" else text
    with Caller.of_this_process().client() as client:
        session_id = resolve(client, session, "ses")
        message = None if keys else _send(client, session_id, text)
        if message is None:
            if wait:
                raise Malformed(
                    "usage", "--wait needs an agent that takes prompts; text typed into a terminal has no reply"
                )
            return _type(client, session_id, text, enter=enter, as_json=as_json)
        if wait:
            message = _answered(client, message, timeout_ms)
    return _show(message, as_json=as_json, waited=wait)


def _send(client: Client, session_id: str, text: str) -> dict[str, Any] | None:
    """The message; None if the agent takes no prompts."""
    try:
        message: dict[str, Any] = client.raw("message.send", {"sessionId": session_id, "text": text})
    except Conflict as refusal:
        if refusal.reason != _NO_PROMPTS:
            raise
        say("This agent takes no prompts: the text was typed into its terminal.")
        return None
    return message


def _type(client: Client, session_id: str, text: str, *, enter: bool, as_json: bool) -> int:
    reply = client.raw("session.send", {"sessionId": session_id, "text": text, "enter": enter})
    if as_json:
        answer_json(reply)
    return 0


def _answered(client: Client, message: dict[str, Any], timeout_ms: int | None) -> dict[str, Any]:
    """The message in its final status. Raises ``TimedOut``. Survives a restart of the daemon."""
    from maestroctl.client.stream import EventStream
    from maestrod.api.event import EventSubscribe
    from maestrod.api.message import MessageStatus

    ended = {status.value for status in MessageStatus if status.is_over}
    deadline = None if timeout_ms is None else time.monotonic() + timeout_ms / 1000
    stream = EventStream(client, EventSubscribe(topics=("message",)))
    try:
        stream.open()  # before the first look, so that no change is missed
        while (message := client.raw("message.get", {"messageId": message["id"]}))["status"] not in ended:
            remaining = None if deadline is None else deadline - time.monotonic()
            if remaining is not None and remaining <= 0:
                problem = f"{message['id']} was not answered in time; it is {message['status']}"
                raise TimedOut("send.timeout", problem)
            try:
                stream.poll(remaining)
            except ResyncRequired:
                stream.begin_again()
    finally:
        stream.close()
    return message


def _show(message: dict[str, Any], *, as_json: bool, waited: bool) -> int:
    answered = waited and message["status"] == "answered"
    if as_json:
        answer_json(message)
    elif answered:
        answer(safe_block(message.get("reply", "")))
    else:
        answer(LINES["message.send"](message))
    return 0 if answered or not waited else 1
