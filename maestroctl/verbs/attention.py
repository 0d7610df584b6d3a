"""``maestroctl attention ask``: a question that blocks until a person has answered it."""

from typing import Annotated, Any

import typer

from maestroctl.client import session_env
from maestroctl.client.caller import Caller
from maestroctl.lines import LINES
from maestroctl.output import answer, answer_json, say
from maestroctl.verbs.options import Json
from maestrod.api.attention import AttentionKind


def ask(
    *,
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="The question.")],
    options: Annotated[
        list[str] | None, typer.Option("--options", help="Answers to choose from, comma-separated.")
    ] = None,
    free_text: Annotated[
        bool, typer.Option("--free-text", help="Accept any text as an answer, besides the options.")
    ] = False,
    kind: Annotated[AttentionKind | None, typer.Option("--kind", help="What the question asks for.")] = None,
    session_id: Annotated[
        str | None,
        typer.Option("--session-id", help="The session that asks. Inside a session, defaults to that session."),
    ] = None,
    task_id: Annotated[str | None, typer.Option("--task-id", help="The task that the question is about.")] = None,
    timeout_ms: Annotated[
        int | None, typer.Option("--timeout-ms", min=0, help="Answer with --on-timeout after this many milliseconds.")
    ] = None,
    on_timeout: Annotated[str | None, typer.Option("--on-timeout", help="The answer that the timeout gives.")] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the answer and print it.")] = True,
    as_json: Json = False,
) -> int:
    """Ask a person.

    Waits for the answer and prints it. Survives a restart of the daemon.
    """
    from maestroctl.client.resolve import resolve_members

    caller = Caller.of_this_process()
    given: dict[str, Any] = {
        "message": message,
        "options": [part for text in options or () for part in text.split(",") if part] or None,
        "freeText": free_text or None,
        "kind": kind.value if kind else None,
        "sessionId": session_id,
        "taskId": task_id,
        "timeoutMs": timeout_ms,
        "onTimeout": on_timeout,
    }
    members = {name: value for name, value in given.items() if value is not None}
    session_env.fill(members, caller.environ, session=True)
    with caller.client() as client:
        resolve_members(client, members)
        reply = client.raw("attention.ask", members)
        if wait and not reply.get("answer"):
            say(f"Waiting for an answer: maestroctl answer {reply.get('number') or reply['id']} VALUE")
            client.patience = session_env.patience("attention.wait", {}, caller.environ)
            reply = client.raw("attention.wait", {"attentionId": reply["id"]})
    if as_json:
        answer_json(reply)
    else:
        answer(LINES["attention.ask"](reply))
    return 0


COMMANDS = {"ask": ask}
