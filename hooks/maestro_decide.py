"""Ask maestrod for a decision, and print it as the agent wants it; ``decide.py`` runs this.

The daemon answers when a policy, a person or a deadline has decided, and says what to print: this program knows no agent. While it
waits the daemon may die, restart, be upgraded: the question is asked again under the same id and is found again, answered or not.
Printing nothing leaves the decision to the agent, which asks at its own dialog or refuses; that is what happens when there is no
daemon, when none comes back in time, and when anything goes wrong. The exit status is always 0: 2 would mean "refuse" to some agents.

Options beside those of ``maestro_event.py``: ``--wait SECONDS`` (how long the agent gives this hook), ``--patience SECONDS`` (how
long to wait for a daemon that was there and is gone).
"""

import posix
import sys
import time

import maestro_event
import maestro_json

#: Seconds to wait for a decision: a little less than the day that agents are told to give this hook.
_WAIT = 86_340.0
#: Seconds a daemon may be away that had the question: a person starts it again, or the service manager.
_PATIENCE = 600.0
#: Seconds to look for a daemon that was never there: the agent had better ask by itself.
_ABSENT = 2.0
#: Seconds between two looks for a daemon, and how much longer than the question's deadline its answer may take.
_PAUSE = 0.25
_GRACE = 5.0


#: Seconds between two looks whether the agent still waits: it ends the shell around this program, not the program.
_LOOK = 1.0


class Refused(Exception):
    """The daemon refuses to decide, or nobody waits for it."""


def main(arguments):
    """Print what was decided on what the arguments and standard input describe; always 0."""
    if maestro_event.is_ours(arguments):
        return 0
    try:
        output = decide(arguments)
    except (OSError, ValueError, LookupError, TypeError, MemoryError, Refused) as error:
        complain(f"nothing was decided: {error or type(error).__name__}")
        return 0
    try:
        write(output.encode())
    except OSError as error:
        complain(f"the agent did not read what was decided: {error}")
    return 0


def decide(arguments):
    """What to print. Raises ``Refused``, or ``OSError`` when no daemon is there for too long."""
    wait, patience, rest = own_options(arguments)
    members, _ = maestro_event.parse(rest)
    if "event" not in members:
        raise Refused("--event NAME is missing")
    members["waitMs"] = int(wait * 1000)
    chunks = []
    maestro_event.read_input(chunks)
    request = b'{"jsonrpc":"2.0","id":1,"method":"permission.ask","params":'
    request += maestro_event.encode(members, b"".join(chunks)) + b"}\n"
    return ask_until_answered(request, time.monotonic() + wait + _GRACE, patience)


def own_options(arguments):
    """Wait and patience in seconds, and the arguments that are left. Raises ``ValueError`` for what is no number."""
    seconds = {"--wait": _WAIT, "--patience": _PATIENCE}
    rest = []
    left = iter(arguments)
    for argument in left:
        option, equals, value = argument.partition("=")
        if option in seconds:
            seconds[option] = float(value if equals else next(left, ""))
        else:
            rest.append(argument)
    return seconds["--wait"], seconds["--patience"], rest


def ask_until_answered(request, deadline, patience):
    """Ask, and ask again after every loss of the daemon, until ``deadline`` or until none was there for ``patience`` seconds."""
    since, absent = time.monotonic(), min(_ABSENT, patience)
    parent = posix.getppid()
    while True:
        asked_at = time.monotonic()
        try:
            connection = maestro_event.connect()
            absent = patience
            try:
                return ask(connection, request, deadline, parent)
            finally:
                connection.close()
        except OSError:
            now = time.monotonic()
            if now - asked_at > 1.0:  # it had the question for a while: only now it is gone
                since = now
            if now - since >= absent or now >= deadline or posix.getppid() != parent:
                raise
            time.sleep(_PAUSE)


def ask(connection, request, deadline, parent):
    """Ask once. Raises ``OSError`` when the question has to be asked again, ``Refused`` when that would not help."""
    connection.settimeout(max(deadline - time.monotonic(), 0.001))
    connection.sendall(request)
    reply = b""
    while not reply.endswith(b"\n"):
        reply += receive(connection, deadline, parent)
    answer = maestro_json.loads(reply.decode())
    if "result" in answer:
        return str(answer["result"].get("output", ""))
    error = answer["error"]
    if error.get("data", {}).get("retryable"):
        raise OSError(error["message"])
    raise Refused(error["message"])


def receive(connection, deadline, parent):
    """The next part of the reply. Raises ``OSError`` when there is none, ``Refused`` when the agent has gone meanwhile."""
    while True:
        connection.settimeout(max(min(deadline - time.monotonic(), _LOOK), 0.001))
        try:
            chunk = connection.recv(65_536)
        except TimeoutError:
            if posix.getppid() != parent:
                raise Refused("the agent waits no longer") from None
            if time.monotonic() >= deadline:
                raise
        else:
            if not chunk:
                raise OSError("the daemon is gone")
            return chunk


def write(data):
    """Write all of it on standard output."""
    while data:
        data = data[posix.write(1, data) :]


def complain(text):
    """Say what went wrong on standard error."""
    sys.stderr.write(f"maestrod decide: {text}\n")
