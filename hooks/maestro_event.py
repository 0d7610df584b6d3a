"""Report one event of an agent to maestrod; ``event.py`` and ``maestroctl event`` run this.

An agent waits for its hooks, hundreds of times an hour, so this file imports modules written in C only and writes one message
to the daemon's socket. Without a daemon the event becomes a file in ``<data>/spool``, which the next daemon reads once: every
event has an id of its own. Whatever happens, standard output stays empty, the exit status is 0 (2 would mean "refuse this
tool" to some agents) and the whole takes less than half a second, or up to a second more where a slow disk
would lose the event otherwise.

It waits for the daemon's receipt, given when the event is on disk; ``--no-wait`` leaves right after writing, for hooks so
frequent that one may be lost when the daemon dies in the very millisecond.

Options: ``--agent NAME``, ``--event NAME``, ``--session ID`` (else ``MAESTRO_SESSION_ID``), ``--id ID`` of the event, also as
``--name=value``. ``--installed`` is for hooks in the settings of agents that people start: it says nothing in sessions that
maestrod started, which report by hooks of their own, and names the agent's process, by which the session is followed.
"""

import _signal
import _socket
import posix
import sys
import time

import maestro_json

#: Seconds after which sending ends and the event goes to the spool, and how long that may take.
_SEND_TIME = 0.35
_SPOOL_TIME = 1.0
#: The daemon takes messages of 1 MiB; what is around the payload has room in the rest.
_PAYLOAD_LIMIT = 1_048_576 - 16_384
#: Bytes of standard input that are read at all.
_INPUT_LIMIT = 16_777_216
#: Characters of a text in a payload that is too large as a whole.
_TEXT_LIMIT = 2_000
#: Files in the spool after which nothing more is kept: hooks are installed, but no daemon is ever started.
_SPOOL_LIMIT = 10_000
#: Crockford's base32, as in maestrod/api/model/ids.py.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_OPTIONS = {"--agent": "agent", "--event": "event", "--session": "sessionId", "--id": "eventId"}
_INSTALLED = "--installed"
#: Shells between an agent and its hook: one that the agent runs it with, one around our program.
_SHELLS = {b"sh", b"dash", b"bash", b"zsh", b"ash", b"busybox", b"fish", b"ksh", b"mksh", b"csh", b"tcsh"}


class Late(Exception):
    """The time for this is over."""


def main(arguments):
    """Report the event that the arguments and standard input describe; always 0."""
    if is_ours(arguments):
        return 0
    _signal.signal(_signal.SIGALRM, _late)
    _signal.setitimer(_signal.ITIMER_REAL, _SEND_TIME)
    try:
        report(arguments)
    except (Late, OSError, ValueError, LookupError, MemoryError) as error:
        complain(f"the event is lost: {error or type(error).__name__}")
    _signal.setitimer(_signal.ITIMER_REAL, 0)
    return 0


def is_ours(arguments):
    """Whether an installed hook fired in a session that maestrod started: the session's own hooks report it."""
    return _INSTALLED in arguments and bool(posix.environ.get(b"MAESTRO_SESSION_ID"))


def report(arguments):
    """Send the event, or spool it. Raises ``Late`` or ``OSError`` when it can do neither."""
    members, wait = parse(arguments)
    if "event" not in members:
        complain("--event NAME is missing")
        return
    chunks = []
    try:
        read_input(chunks)
        params = encode(members, b"".join(chunks))
        send(params, wait)
    except (Late, OSError):
        _signal.setitimer(_signal.ITIMER_REAL, _SPOOL_TIME)
        spool(members["eventId"], encode(members, b"".join(chunks)))


def parse(arguments):
    """The members of the event as given by arguments and environment, and whether to wait for the receipt."""
    now = time.time_ns() // 1_000_000
    members = {"eventId": make_id(now), "at": now}
    for variable, name in ((b"MAESTRO_SESSION_ID", "sessionId"), (b"MAESTRO_SESSION_TOKEN", "sessionToken")):
        if posix.environ.get(variable):
            members[name] = posix.environ[variable].decode("utf-8", "replace")
    wait = True
    rest = iter(arguments)
    for argument in rest:
        option, equals, value = argument.partition("=")
        if option == "--no-wait":
            wait = sys.platform == "darwin"  # it does not say who sent a message once the sender has gone
        elif option == _INSTALLED:
            members.update(agent_process())
        elif option in _OPTIONS:
            members[_OPTIONS[option]] = value if equals else next(rest, "")
        else:
            complain(f"unknown argument {argument}")
    if not members.get("event"):
        members.pop("event", None)
    return members, wait


def agent_process():
    """The agent's process as a member: the first above us that is no shell; none where that is not known."""
    told = posix.environ.get(b"CLAUDE_PID", b"")
    if told.isdigit():
        return {"pid": int(told)}
    pid = posix.getppid()
    try:
        name, after = _stat(pid)
        while name in _SHELLS and int(after[1]) > 0:
            pid = int(after[1])
            name, after = _stat(pid)
    except (OSError, ValueError, IndexError):
        return {}
    return {"pid": pid}


def _stat(pid):
    """Name of a process, and what ``/proc/<pid>/stat`` says after it: state, parent, … (proc(5))."""
    descriptor = posix.open(f"/proc/{pid}/stat", posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        name, _, after = posix.read(descriptor, 4096).partition(b"(")[2].rpartition(b")")
    finally:
        posix.close(descriptor)
    return name, after.split()


def make_id(milliseconds):
    """An id for the event: the time, then 80 random bits (the layout of maestrod/api/model/ids.py)."""
    number = (milliseconds << 80) | int.from_bytes(_random(10), "big")
    return "evt_" + "".join([_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5)])


def _random(size):
    """Random bytes without importing os or random."""
    if hasattr(posix, "getrandom"):
        return posix.getrandom(size)
    return posix.urandom(size)


def read_input(chunks):
    """Add what is on standard input to the chunks; nobody types a payload, so a terminal gives none."""
    if posix.isatty(0):
        return
    size = 0
    while size < _INPUT_LIMIT:
        chunk = posix.read(0, 65_536)
        if not chunk:
            return
        chunks.append(chunk)
        size += len(chunk)


def encode(members, payload):
    """The event as the JSON object ``event.report`` takes. A payload that is not JSON is passed on as text."""
    return maestro_json.dumps(members)[:-1].encode() + b"".join(_payload_member(members, payload.strip())) + b"}"


def _payload_member(members, payload):
    """The member ``payload`` as bytes on one line, behind other members: the agent's own JSON where it is that and fits."""
    if not payload:
        return ()
    text = payload.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        document = maestro_json.loads(text)
    except ValueError:
        text = maestro_json.dumps(text if len(text) <= _TEXT_LIMIT else _cut(text))
    else:
        if len(payload) > _PAYLOAD_LIMIT:
            text = _shrunk(document)
    # Line ends are nothing but white space between JSON tokens, and end a message on the wire.
    return b"," if members else b"", b'"payload":', text.replace("\n", " ").replace("\r", " ").encode("utf-8")


def _shrunk(document):
    """The document as JSON with its long texts cut, so that what identifies the event remains."""
    try:
        text = maestro_json.dumps(_trimmed(document))
    except (ValueError, RecursionError):  # read, but nested too deep to be written
        return '{"truncated":true}'
    return text if len(text) <= _PAYLOAD_LIMIT else '{"truncated":true}'


def _trimmed(value):
    if isinstance(value, str):
        return value if len(value) <= _TEXT_LIMIT else _cut(value)
    if isinstance(value, dict):
        return {name: _trimmed(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_trimmed(member) for member in value]
    return value


def _cut(text):
    return f"{text[:_TEXT_LIMIT]}… ({len(text) - _TEXT_LIMIT} characters cut)"


def send(params, wait):
    """Write the event to the daemon's socket. Raises ``OSError`` when there is no daemon, it is not ours or cannot now."""
    connection = connect()
    try:
        identity = b'"id":1,' if wait else b""
        connection.sendall(b'{"jsonrpc":"2.0",' + identity + b'"method":"event.report","params":' + params + b"}\n")
        if wait:
            read_receipt(connection)
    finally:
        connection.close()


def connect():
    """A connection to the daemon. Raises ``OSError`` when there is none, or the socket is not ours."""
    path = socket_path(posix.environ)
    if posix.stat(path).st_uid != posix.getuid():
        raise OSError(f"{path} belongs to somebody else")
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


def read_receipt(connection):
    """Read the reply. Raises ``OSError`` when the event has to be brought again; says on standard error if it is refused."""
    reply = b""
    while not reply.endswith(b"\n"):
        chunk = connection.recv(65_536)
        if not chunk:
            raise OSError("the daemon ended before it had the event")
        reply += chunk
    if b'"result"' in reply:  # inside of a text its quotes would be escaped
        return
    error = maestro_json.loads(reply.decode())["error"]
    if error.get("data", {}).get("retryable"):
        raise OSError("the daemon cannot take events now")
    complain(error["message"])


def spool(event_id, params):
    """Leave the event to the next daemon: one file, there as a whole or not at all, named by its time."""
    folder = data_folder(posix.environ) + b"/spool"
    make_folder(folder)
    if len(posix.listdir(folder)) >= _SPOOL_LIMIT:
        raise OSError(f"{_SPOOL_LIMIT} events wait for a daemon already")
    temporary = folder + b"/." + event_id.encode()
    descriptor = posix.open(temporary, posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL | posix.O_CLOEXEC, 0o600)
    try:
        while params:
            params = params[posix.write(descriptor, params) :]
        posix.fsync(descriptor)
        posix.rename(temporary, folder + b"/" + event_id.encode() + b".json")
    except (Late, OSError):
        posix.unlink(temporary)
        raise
    finally:
        posix.close(descriptor)


def make_folder(folder):
    """Make the folder and those above it, for us alone."""
    try:
        posix.mkdir(folder, 0o700)
    except FileExistsError:
        return
    except FileNotFoundError:
        make_folder(folder.rpartition(b"/")[0])
        posix.mkdir(folder, 0o700)


def socket_path(environ):
    """The daemon's socket: what maestrod/api/local/address.py says, without its imports."""
    if environ.get(b"MAESTRO_SOCKET"):
        return environ[b"MAESTRO_SOCKET"]
    if environ.get(b"MAESTRO_HOME"):
        return environ[b"MAESTRO_HOME"] + b"/run/maestrod.sock"
    runtime = environ.get(b"XDG_RUNTIME_DIR", b"")
    if not runtime.startswith(b"/"):
        runtime = b"/run/user/%d" % posix.getuid()
        if sys.platform == "darwin" or not posix.access(runtime, posix.W_OK | posix.X_OK):
            return data_folder(environ) + b"/run/maestrod.sock"
    return runtime + b"/maestrod/maestrod.sock"


def data_folder(environ):
    """The daemon's data: what maestrod/api/local/address.py says. A session's manifest is in it, and says where it is."""
    if environ.get(b"MAESTRO_HOME"):
        return environ[b"MAESTRO_HOME"] + b"/data"
    if environ.get(b"MAESTRO_MANIFEST_PATH"):  # <data>/sessions/<session>/manifest.md
        return environ[b"MAESTRO_MANIFEST_PATH"].rsplit(b"/", 3)[0]
    if environ.get(b"XDG_DATA_HOME", b"").startswith(b"/"):
        return environ[b"XDG_DATA_HOME"] + b"/maestrod"
    return home_folder(environ) + (
        b"/Library/Application Support/maestrod" if sys.platform == "darwin" else b"/.local/share/maestrod"
    )


def home_folder(environ):
    """The user's home, from the environment or the user data base."""
    if environ.get(b"HOME"):
        return environ[b"HOME"]
    import pwd

    return pwd.getpwuid(posix.getuid()).pw_dir.encode(sys.getfilesystemencoding(), "surrogateescape")


def complain(text):
    """Say what went wrong on standard error."""
    sys.stderr.write(f"maestroctl event: {text}\n")


def _late(number, frame):
    raise Late
