"""What a verb run inside of a session takes from its environment, so that agents need not repeat who they are.

Used by the fast path and by the generated commands, which must agree. Imports nothing.
"""

from collections.abc import Mapping, Sequence

#: Fields filled from the environment when the command line leaves them out.
TASK = "MAESTRO_TASK_ID"
SESSION = "MAESTRO_SESSION_ID"
TOKEN = "MAESTRO_SESSION_TOKEN"  # noqa: S105 - the name of a variable

_TASK_PREFIX = "tsk_"

#: Seconds a daemon lost in the middle of something is waited for: a restart takes two, a machine under load more. An agent's
#: report is worth more patience than a person has.
PATIENCE = 30.0
SESSION_PATIENCE = 600.0


def place(names: Sequence[str], values: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Values of the command line by the names of the method's positional parameters.

    In a session the task may be left out: a first value that is no task's id is then what comes after the task. Raises
    ``ValueError`` when there are more values than names.
    """
    own = environ.get(TASK)
    if names and names[0] == "taskId" and own and not (values and values[0].startswith(_TASK_PREFIX)):
        return {"taskId": own, **place(names[1:], values, environ)}
    if len(values) > len(names):
        raise ValueError(f"unexpected argument: {values[len(names)]}")
    return dict(zip(names, values, strict=False))


def fill(members: dict[str, object], environ: Mapping[str, str], *, session: bool) -> None:
    """Add who is speaking: the token, and the session where the method acts on one."""
    if environ.get(TOKEN):
        members.setdefault("sessionToken", environ[TOKEN])
    if session and environ.get(SESSION):
        members.setdefault("sessionId", environ[SESSION])


def patience(method: str, members: Mapping[str, object], environ: Mapping[str, str]) -> float:
    """How long to wait for a lost daemon. What waits for people or work anyway waits for a daemon as long as it takes."""
    if not environ.get(SESSION):
        return PATIENCE
    waits = method == "attention.wait" or (method == "queue.next" and bool(members.get("wait")))
    return float("inf") if waits else SESSION_PATIENCE
