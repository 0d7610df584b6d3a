"""The configuration: defaults, the user's file, the environment; later sources win. A project has its own settings.

Every setting is one member of ``Config``. Its name is camelCase in files and ``MAESTRO_`` with upper case in the
environment (``MAESTRO_MAX_SESSIONS``). The origin of each value is kept for ``maestroctl config show --origin``.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, get_origin

import msgspec
from msgspec import Meta

from maestrod.agents.settings import AgentSettings
from maestrod.api.errors import BadConfiguration
from maestrod.api.local import plain_file
from maestrod.api.model.base import Entity
from maestrod.api.model.misfit import did_you_mean, misfit
from maestrod.api.model.patterns import HOST, OCTAL, ORIGIN
from maestrod.api.system import SessionsOnStop
from maestrod.api.text.json_text import Flaw, loads
from maestrod.api.text.outside_text import NotText, file_text, shown, sound

#: Name of the user's file in the configuration folder.
USER_FILE = "config.toml"

Slots = Annotated[int, Meta(ge=1, le=1000)]
#: A web page's origin as browsers send it: scheme, host and port, nothing more (RFC 6454, section 6.1).
PageOrigin = Annotated[str, Meta(pattern=ORIGIN, max_length=300)]
#: A machine's name or address, without a port.
HostName = Annotated[str, Meta(pattern=HOST, max_length=253)]
#: A umask as shells write it: three octal digits, with or without a leading zero.
OctalMode = Annotated[str, Meta(pattern=OCTAL)]
Milliseconds = Annotated[int, Meta(ge=100, le=86_400_000)]


class Config(Entity, frozen=True, forbid_unknown_fields=True):
    """All settings, each with its description. Times are in milliseconds, sizes in bytes.

    ``docs/configuration.md`` is generated from this class (``python -m tests.kit.pages.configuration``).
    """

    max_sessions: Annotated[Slots, Meta(description="Worker sessions that may run at the same time.")] = 8
    agent_limits: Annotated[
        dict[str, Slots], Meta(description="The same limit for single agents, by agent name: `{ shell = 4 }`.")
    ] = {}
    default_agent: Annotated[str, Meta(description="Default agent for tasks that name none.")] = "shell"
    agents: Annotated[
        dict[str, AgentSettings], Meta(description="Settings for single agents, and your own agents: see below.")
    ] = {}
    registration_timeout_ms: Annotated[
        Milliseconds,
        Meta(description="Time from the start of an agent to its first sign of life; then the start has failed."),
    ] = 60_000
    plan_repairs: Annotated[
        int, Meta(ge=0, le=20, description="How often a planner may fix a plan that has errors.")
    ] = 3
    permission_timeout_ms: Annotated[
        Milliseconds | None,
        Meta(description="Time after which a project's `onTimeout` answers an open permission request. Unset: never."),
    ] = None
    limit_wait: Annotated[
        bool, Meta(description="Wait for the end of a usage limit. `false`: a limit fails the turn.")
    ] = True
    limit_wait_max_ms: Annotated[
        int,
        Meta(
            ge=0,
            le=14 * 86_400_000,
            description="Longest wait for usage limits without your consent; after that, the answer `wait` extends it.",
        ),
    ] = 6 * 3_600_000
    limit_backoff_ms: Annotated[
        Milliseconds, Meta(description="First wait for a usage limit without a known end; doubled each time.")
    ] = 300_000
    limit_stagger_ms: Annotated[
        int, Meta(ge=0, le=600_000, description="Pause between two sessions that resume after a usage limit.")
    ] = 5_000
    sessions_on_stop: Annotated[
        SessionsOnStop,
        Meta(
            description="What happens to sessions when the daemon stops: `keep` leaves them to the next daemon, `stop` ends them."
        ),
    ] = SessionsOnStop.KEEP
    agent_umask: Annotated[
        OctalMode,
        Meta(
            description="Umask of agents, in octal. Empty: that of the process that started the daemon, or 022 under a service manager."
        ),
    ] = ""
    output_segment_bytes: Annotated[
        int, Meta(ge=4096, description="Size of one segment of a session's output log.")
    ] = 8 << 20
    output_segments: Annotated[
        int, Meta(ge=2, le=1000, description="Segments kept of each output log; the oldest is deleted first.")
    ] = 8
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="Least severe level in the daemon's own log.")
    ] = "info"
    bridge: Annotated[bool, Meta(description="Serve the web page and HTTP on this machine.")] = True
    bridge_address: Annotated[str, Meta(description="Loopback address of the bridge.")] = "127.0.0.1"
    bridge_port: Annotated[
        int, Meta(ge=0, le=65535, description="Port of the bridge. If it is taken, or 0, another free port is used.")
    ] = 7717
    bridge_origins: Annotated[
        tuple[PageOrigin, ...], Meta(description="Origins of other web pages that may use the bridge, with a token.")
    ] = ()
    remote_address: Annotated[
        str, Meta(description="Address for other machines, with TLS and tokens. Empty: remote access is off.")
    ] = ""
    remote_port: Annotated[int, Meta(ge=0, le=65535, description="Port for other machines.")] = 7718
    remote_names: Annotated[
        tuple[HostName, ...],
        Meta(description="Names that remote clients use for this machine, besides its address and host name."),
    ] = ()
    remote_rate: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Requests per second that each remote token may make.")
    ] = 100
    tls_certificate: Annotated[
        str, Meta(description="Certificate of the remote port (PEM file). Empty: a self-signed one is made.")
    ] = ""
    tls_key: Annotated[str, Meta(description="Private key of that certificate (PEM file).")] = ""


def agents_named(config: Config) -> dict[str, str]:
    """The agents that settings name, by the settings' names in the file."""
    limits = {f"agentLimits.{agent}": agent for agent in config.agent_limits}
    return {"defaultAgent": config.default_agent, **limits}


class Origin(Entity, frozen=True):
    """A setting, its value, and where the value came from: ``default``, a file's path, or a variable's name."""

    name: str
    value: Any
    origin: str


_WIRE = dict(zip(Config.__struct_fields__, Config.__struct_encode_fields__, strict=True))


def variable(name: str) -> str:
    """The environment variable of a member of ``Config``."""
    return "MAESTRO_" + name.upper()


def load(config_dir: Path, environ: Mapping[str, str]) -> tuple[Config, tuple[Origin, ...]]:
    """The configuration and where each value came from. Raises ``BadConfiguration`` naming the place of a mistake."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    path = config_dir / USER_FILE
    for name, value in _file(path).items():
        values[name], origins[name] = value, str(path)
    for field in msgspec.structs.fields(Config):
        text = environ.get(variable(field.name))
        if text:
            _check_text(text, variable(field.name))
            values[field.encode_name] = _from_text(field.type, variable(field.name), text)
            origins[field.encode_name] = variable(field.name)
    config = _convert(values, origins)
    shown = msgspec.to_builtins(config)
    every = (Origin(name=wire, value=shown[wire], origin=origins.get(wire, "default")) for wire in _WIRE.values())
    return config, tuple(every)


def _check_text(text: str, name: str) -> None:
    """Refuse a variable with bytes that are not UTF-8: replacing them would change the setting."""
    if sound(text) != text:
        raise BadConfiguration("config.not_text", f"{name} is not UTF-8 text: {shown(text)}")


def _file(path: Path) -> dict[str, Any]:
    """The settings of a file; empty when it does not exist."""
    try:
        text = file_text(plain_file.read(path, plain_file.SETTINGS_LIMIT))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BadConfiguration("config.unreadable", f"{path} cannot be read: {error.strerror}") from error
    except NotText as error:
        raise BadConfiguration("config.unreadable", f"{path} cannot be read: {error}") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration("config.no_toml", f"{path} is not TOML: {error}") from error


#: A number in a variable; no setting accepts a longer one.
_NUMBER = re.compile(r"-?[0-9]{1,18}")
_TRUTH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _from_text(kind: Any, name: str, text: str) -> Any:
    """The value of a variable: JSON for tables and lists, otherwise a boolean, a number or the text."""
    if text[:1] in "[{":
        try:
            return loads(text)
        except Flaw as flaw:
            if flaw.is_repetition:
                raise BadConfiguration(
                    "config.repeated", f"{name}: {flaw}, at {flaw.path}", {"setting": name}
                ) from flaw
            return text
    plain = kind.__origin__ if get_origin(kind) is Annotated else kind
    if plain is bool and text.lower() in _TRUTH:
        return _TRUTH[text.lower()]
    return int(text) if _NUMBER.fullmatch(text) and plain is not str else text


def _convert(values: Mapping[str, Any], origins: Mapping[str, str]) -> Config:
    for name, value in values.items():
        if name not in _SETTINGS:
            raise BadConfiguration("config.invalid", f"{origins[name]}: {_unknown(name)}", {"setting": name})
        try:
            alone = msgspec.convert({name: value}, Config)
        except msgspec.ValidationError as error:
            raise _refused(origins[name], *_misfit(error, name, value)) from error
        for problem in _wrong(alone):
            raise _refused(origins[name], name, problem)
    config = msgspec.convert(dict(values), Config)
    if config.remote_address and (problem := half_a_pair(config)):
        raise _refused(origins["remoteAddress"], "remoteAddress", problem)
    return config


def _refused(origin: str, place: str, problem: str) -> BadConfiguration:
    return BadConfiguration("config.invalid", f"{origin}: {place}: {problem}", {"setting": place.partition(".")[0]})


def _misfit(error: msgspec.ValidationError, name: str, value: Any) -> tuple[str, str]:
    """The place in a setting that is wrong, as in ``agents.claude.terminal``, and what is wrong with it."""
    words, path = misfit(error, Config)
    if not isinstance(value, dict):
        return name, words
    inner = path.removeprefix(f"$.{name}").removeprefix("[...]")  # msgspec does not name the key of a table
    return f"{name}{_wrong_key(name, value)}{inner}", words


def _wrong_key(name: str, table: Mapping[str, Any]) -> str:
    """The first key of a table whose value is refused, as ``.key``; empty if it is the table as a whole."""
    for key, value in table.items():
        try:
            msgspec.convert({name: {key: value}}, Config)
        except msgspec.ValidationError:
            return f".{shown(key)}"
    return ""


def _wrong(config: Config) -> Iterator[str]:
    """Problems of values that have the right type but would fail when the port is opened."""
    if problem := not_loopback(config.bridge_address):
        yield problem
    if config.remote_address and (problem := no_address(config.remote_address)):
        yield problem


def not_loopback(address: str) -> str:
    """Why the bridge may not listen on ``address``; empty when it may."""
    try:
        loopback = ip_address(address).is_loopback
    except ValueError:
        return f"must be an IP address such as 127.0.0.1, not {shown(address)!r}: a name can resolve to another machine"
    return (
        ""
        if loopback
        else f"{address} can be reached from other machines: use remoteAddress instead, which has TLS and tokens"
    )


def no_address(text: str) -> str:
    """Why other machines cannot reach this one at ``text``; empty when they can."""
    try:
        ip_address(text)
    except ValueError:
        return f"must be an IP address of this machine, or 0.0.0.0 for all of them, not {shown(text)!r}"
    return ""


def half_a_pair(config: Config) -> str:
    """The problem when a certificate is set without its key, or a key without its certificate; otherwise empty."""
    alone = bool(config.tls_certificate) != bool(config.tls_key)
    return "tlsCertificate and tlsKey belong together: set both or neither" if alone else ""


def warnings(config: Config) -> Iterator[str]:
    """One sentence for each mistake that does not stop the daemon but will matter when the setting is used."""
    if problem := half_a_pair(config):
        yield problem
    for name, file in (("tlsCertificate", config.tls_certificate), ("tlsKey", config.tls_key)):
        if file and not Path(file).expanduser().is_file():
            yield f"{name}: there is no file {shown(file)}"


#: The names of all settings in the file.
_SETTINGS = tuple(field.encode_name for field in msgspec.structs.fields(Config))


def _unknown(name: str) -> str:
    """The error for a setting that does not exist."""
    return f"there is no setting `{name}`{did_you_mean(name, list(_SETTINGS))}"
