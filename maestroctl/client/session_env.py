"""Fills in what a verb run inside a session takes from its environment, so that agents need not name their session and task.

The fast path and the generated commands both use it, so that they agree. Imports nothing.
"""

from collections.abc import Mapping, Sequence

#: Fields filled from the environment when the command line leaves them out.
TASK = "MAESTRO_TASK_ID"
SESSION = "MAESTRO_SESSION_ID"
TOKEN = "MAESTRO_SESSION_TOKEN"  # noqa: S105 - the name of a variable

_TASK_PREFIX = "tsk_"

#: Seconds to wait for a daemon that is lost during a call: a restart takes two, under load more. An agent's report is worth more
#: patience than a person has.
PATIENCE = 30.0
SESSION_PATIENCE = 600.0


def place(names: Sequence[str], values: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Match values of the command line to the names of the method's positional parameters.

    Inside a session the task may be left out: if the first value is not a task's id, it belongs to the parameter after the task.
    Raises ``ValueError`` if there are more values than names.
    """
    own = environ.get(TASK)
    if names and names[0] == "taskId" and own and not (values and values[0].startswith(_TASK_PREFIX)):
        return {"taskId": own, **place(names[1:], values, environ)}
    if len(values) > len(names):
        raise ValueError(f"unexpected argument: {values[len(names)]}")
    return dict(zip(names, values, strict=False))


def fill(members: dict[str, object], environ: Mapping[str, str], *, session: bool) -> None:
    """Add the caller's identity: the token, and the session if the method acts on one."""
    if environ.get(TOKEN):
        members.setdefault("sessionToken", environ[TOKEN])
    if session and environ.get(SESSION):
        members.setdefault("sessionId", environ[SESSION])


def patience(method: str, members: Mapping[str, object], environ: Mapping[str, str]) -> float:
    """Seconds to wait for a lost daemon. Calls that wait for people or work anyway wait for a daemon without limit."""
    if not environ.get(SESSION):
        return PATIENCE
    waits = method == "attention.wait" or (method == "queue.next" and bool(members.get("wait")))
    return float("inf") if waits else SESSION_PATIENCE
