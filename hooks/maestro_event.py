"""Report one event of an agent to maestrod; ``event.py`` and ``maestroctl event`` run this.

An agent waits for its hooks, hundreds of times an hour, so this file imports only modules written in C and writes one
message to the daemon's socket. Without a daemon the event becomes a file in ``<data>/spool``, which the next daemon reads
once, because every event has a unique id. In every case standard output stays empty, the exit status is 0 (2 means
"refuse this tool" to some agents), and it takes less than half a second, or up to a second more if a slow disk would
otherwise lose the event.

It waits for the daemon's confirmation that the event is on disk. ``--no-wait`` exits right after writing, for hooks so
frequent that one may be lost if the daemon crashes in that millisecond.

Options: ``--agent NAME``, ``--event NAME``, ``--session ID`` (default: ``MAESTRO_SESSION_ID``), ``--id ID`` of the event,
also as ``--name=value``. ``--installed`` is for hooks in the settings of agents that people start: in sessions that
maestrod started, which have their own hooks, it reports nothing; in others it adds the agent's process id, by which the
daemon follows the session.
"""

import _signal
import _socket
import posix
import sys
import time

import maestro_json

#: Seconds after which sending is given up and the event goes to the spool, and how long spooling may take.
_SEND_TIME = 0.35
_SPOOL_TIME = 1.0
#: The daemon accepts messages of 1 MiB; the rest is room for what surrounds the payload.
_PAYLOAD_LIMIT = 1_048_576 - 16_384
#: Maximum bytes that are read from standard input.
_INPUT_LIMIT = 16_777_216
#: Maximum characters of each text in a payload that is too large as a whole.
_TEXT_LIMIT = 2_000
#: Maximum number of files in the spool, for when hooks are installed but no daemon is ever started.
_SPOOL_LIMIT = 10_000
#: Crockford's base32, as in maestrod/api/model/ids.py.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_OPTIONS = {"--agent": "agent", "--event": "event", "--session": "sessionId", "--id": "eventId"}
_INSTALLED = "--installed"
#: Shells between an agent and its hook: one in which the agent runs it, one around our program.
_SHELLS = {b"sh", b"dash", b"bash", b"zsh", b"ash", b"busybox", b"fish", b"ksh", b"mksh", b"csh", b"tcsh"}


class Late(Exception):
    """The time limit has passed."""


def main(arguments):
    """Report the event that the arguments and standard input describe; always returns 0."""
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
    """The members of the event from arguments and environment, and whether to wait for the confirmation."""
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
            wait = sys.platform == "darwin"  # it does not report who sent a message once the sender has gone
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
    """The agent's process as a member: the first ancestor that is not a shell; no member where that is unknown."""
    claude_pid = posix.environ.get(b"CLAUDE_PID", b"")
    if claude_pid.isdigit():
        return {"pid": int(claude_pid)}
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
    """The name of a process, and the fields after it in ``/proc/<pid>/stat``: state, parent, … (proc(5))."""
    descriptor = posix.open(f"/proc/{pid}/stat", posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        name, _, after = posix.read(descriptor, 4096).partition(b"(")[2].rpartition(b")")
    finally:
        posix.close(descriptor)
    return name, after.split()


def make_id(milliseconds):
    """Make an id for the event: the time, then 80 random bits (the layout of maestrod/api/model/ids.py)."""
    number = (milliseconds << 80) | int.from_bytes(_random(10), "big")
    return "evt_" + "".join([_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5)])


def _random(size):
    """Random bytes without importing os or random."""
    if hasattr(posix, "getrandom"):
        return posix.getrandom(size)
    return posix.urandom(size)


def read_input(chunks):
    """Append standard input to the chunks; a terminal is not read, because no one types a payload."""
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
    """Encode the event as the JSON object for ``event.report``. A payload that is not JSON becomes a text."""
    return maestro_json.dumps(members)[:-1].encode() + b"".join(_payload_member(members, payload.strip())) + b"}"


def _payload_member(members, payload):
    """The member ``payload`` as bytes on one line, after other members: the agent's own JSON if it is valid and fits."""
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
    # Line ends in JSON are only white space between tokens, but they would end the message.
    return b"," if members else b"", b'"payload":', text.replace("\n", " ").replace("\r", " ").encode("utf-8")


def _shrunk(document):
    """Encode the document with its long texts cut, so that the members that identify the event remain."""
    try:
        text = maestro_json.dumps(_trimmed(document))
    except (ValueError, RecursionError):  # readable, but nested too deeply to be written
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
    """Send the event to the daemon. Raises ``OSError`` when there is none, or it is not ours or cannot accept events now."""
    connection = connect()
    try:
        identity = b'"id":1,' if wait else b""
        connection.sendall(b'{"jsonrpc":"2.0",' + identity + b'"method":"event.report","params":' + params + b"}\n")
        if wait:
            read_receipt(connection)
    finally:
        connection.close()


def connect():
    """Connect to the daemon. Raises ``OSError`` when there is none, or the socket is not ours."""
    path = socket_path(posix.environ)
    if posix.stat(path).st_uid != posix.getuid():
        raise OSError(f"{path} belongs to another user")
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


def read_receipt(connection):
    """Read the reply. Raises ``OSError`` when the event must be sent again; reports a refusal on standard error."""
    reply = b""
    while not reply.endswith(b"\n"):
        chunk = connection.recv(65_536)
        if not chunk:
            raise OSError("the daemon ended before it had the event")
        reply += chunk
    if b'"result"' in reply:  # inside a text these quotes would be escaped
        return
    error = maestro_json.loads(reply.decode())["error"]
    if error.get("data", {}).get("retryable"):
        raise OSError("the daemon cannot accept events now")
    complain(error["message"])


def spool(event_id, params):
    """Leave the event to the next daemon, in a file that is written atomically and named by its time."""
    folder = data_folder(posix.environ) + b"/spool"
    make_folder(folder)
    if len(posix.listdir(folder)) >= _SPOOL_LIMIT:
        raise OSError(f"{_SPOOL_LIMIT} events already wait for a daemon")
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
    """Create the folder and its missing parents, private to the user (0700)."""
    try:
        posix.mkdir(folder, 0o700)
    except FileExistsError:
        return
    except FileNotFoundError:
        make_folder(folder.rpartition(b"/")[0])
        posix.mkdir(folder, 0o700)


def socket_path(environ):
    """The path of the daemon's socket, as in maestrod/api/local/address.py but without its imports."""
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
    """The daemon's data folder, as in maestrod/api/local/address.py, or derived from the path of a session's manifest."""
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
    """The user's home, from the environment or the user database."""
    if environ.get(b"HOME"):
        return environ[b"HOME"]
    import pwd

    return pwd.getpwuid(posix.getuid()).pw_dir.encode(sys.getfilesystemencoding(), "surrogateescape")


def complain(text):
    """Write an error to standard error."""
    sys.stderr.write(f"maestroctl event: {text}\n")


def _late(number, frame):
    raise Late
