"""Ask maestrod for a decision, and print it in the agent's format; ``decide.py`` runs this.

The daemon answers when a policy, a person or a deadline has decided, and says what to print: this program has no code
for particular agents. The daemon may crash, restart or be upgraded meanwhile: the question is then asked again with the
same id, under which the daemon still has it, answered or not. Printing nothing leaves the decision to the agent, which
shows its own dialog or refuses. That happens when there is no daemon, when it does not return in time, and on any error.
The exit status is always 0, because 2 means "refuse" to some agents.

Options in addition to those of ``maestro_event.py``: ``--wait SECONDS`` (how long the agent waits for this hook),
``--patience SECONDS`` (how long to wait for a daemon that has gone away).
"""

import posix
import sys
import time

import maestro_event
import maestro_json

#: Seconds to wait for a decision: a little less than the day that agents are configured to wait for this hook.
_WAIT = 86_340.0
#: Seconds that a daemon which had the question may be away: a person or the service manager starts it again.
_PATIENCE = 600.0
#: Seconds to look for a daemon that was never there; after that the agent should ask by itself.
_ABSENT = 2.0
#: Seconds between two tries to reach a daemon, and how long after the question's deadline its answer may arrive.
_PAUSE = 0.25
_GRACE = 5.0


#: Seconds between two checks that the agent still waits: agents end the shell around this program, not the program.
_LOOK = 1.0


class Refused(Exception):
    """The daemon refuses to decide, or the agent no longer waits."""


def main(arguments):
    """Print the decision about what the arguments and standard input describe; always returns 0."""
    if maestro_event.is_ours(arguments):
        return 0
    try:
        output = decide(arguments)
    except (OSError, ValueError, LookupError, TypeError, MemoryError, Refused) as error:
        complain(f"no decision was made: {error or type(error).__name__}")
        return 0
    try:
        write(output.encode())
    except OSError as error:
        complain(f"the agent did not read the decision: {error}")
    return 0


def decide(arguments):
    """Ask for a decision; returns what to print. Raises ``Refused``, or ``OSError`` when no daemon answers for too long."""
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
    """Wait and patience in seconds, and the other arguments. Raises ``ValueError`` for a value that is not a number."""
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
    """Ask, and ask again whenever the daemon goes away, until ``deadline`` or until it was away for ``patience`` seconds."""
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
            if now - asked_at > 1.0:  # the daemon had the question for a while and has only now gone
                since = now
            if now - since >= absent or now >= deadline or posix.getppid() != parent:
                raise
            time.sleep(_PAUSE)


def ask(connection, request, deadline, parent):
    """Ask once. Raises ``OSError`` when it is worth asking again, ``Refused`` when it is not."""
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
    """Receive a part of the reply. Raises ``OSError`` when there is none, ``Refused`` when the agent has gone."""
    while True:
        connection.settimeout(max(min(deadline - time.monotonic(), _LOOK), 0.001))
        try:
            chunk = connection.recv(65_536)
        except TimeoutError:
            if posix.getppid() != parent:
                raise Refused("the agent no longer waits") from None
            if time.monotonic() >= deadline:
                raise
        else:
            if not chunk:
                raise OSError("the daemon is gone")
            return chunk


def write(data):
    """Write all data to standard output."""
    while data:
        data = data[posix.write(1, data) :]


def complain(text):
    """Write an error to standard error."""
    sys.stderr.write(f"maestrod decide: {text}\n")
