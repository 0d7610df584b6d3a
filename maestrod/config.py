"""The configuration: defaults, the user's file, the environment; the later wins. What differs by project is in its settings.

Every setting is one member of ``Config``; its name in files is camelCase, in the environment ``MAESTRO_`` and upper case
(``MAESTRO_MAX_SESSIONS``). Where a value came from is kept, so that ``maestroctl config show --origin`` can tell.
"""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, get_origin

import msgspec
from msgspec import Meta

from maestrod.agents.settings import AgentSettings
from maestrod.api import plain_file
from maestrod.api.base import Entity
from maestrod.api.errors import BadConfiguration
from maestrod.api.json_text import Flaw, loads
from maestrod.api.outside_text import NotText, file_text, shown, sound
from maestrod.api.patterns import in_words
from maestrod.api.system import SessionsOnStop

#: Name of the user's file in the configuration folder.
USER_FILE = "config.toml"

Slots = Annotated[int, Meta(ge=1, le=1000)]
#: A web page's origin as browsers say it: scheme, host and port, nothing more (RFC 6454, section 6.1).
PageOrigin = Annotated[str, Meta(pattern=r"^https?://[a-z0-9.\[\]:-]+\Z", max_length=300)]
#: A machine's name or address, as it stands in an address before the port.
HostName = Annotated[str, Meta(pattern=r"^[a-z0-9.\[\]:-]+\Z", max_length=253)]
#: A file mode mask as shells write it: three octal digits, with or without a leading zero.
OctalMode = Annotated[str, Meta(pattern=r"^(0?[0-7]{3})?$")]
Milliseconds = Annotated[int, Meta(ge=100, le=86_400_000)]


class Config(Entity, frozen=True, forbid_unknown_fields=True):
    """All settings. Times are milliseconds, sizes bytes.

    ``max_sessions`` bounds worker sessions alive at once and ``agent_limits`` those of one agent. ``sessions_on_stop`` is
    what becomes of them when the daemon stops. ``bridge`` switches the web page and the HTTP interface on; they listen on
    ``bridge_address``, at ``bridge_port`` or, when that is taken, another free port (0: always another). Pages of
    ``bridge_origins`` may use them with a token. ``remote_address`` is where other machines find the same over TLS, with tokens
    of their own only (nowhere when empty), ``remote_names`` the names they call it by, ``remote_rate`` how many requests a second
    each token may make. ``tls_certificate`` and ``tls_key`` are PEM files; without them a self-signed pair is made. ``agents`` has
    a table for each agent there is something to say of (``agents/settings.py``). ``permission_timeout_ms`` is how long an agent
    waits for a permission that nobody decides (a project's settings win). ``limit_wait`` sits usage limits out, at most
    ``limit_wait_max_ms`` in a row before a person is asked; one without a known end is tried again after ``limit_backoff_ms``,
    doubled each time; the sessions that wait for one agent go on ``limit_stagger_ms`` apart. ``agent_umask`` is the umask of agents
    in octal digits; when empty it is the one of whoever started the daemon, or 022 under a service manager.
    """

    max_sessions: Slots = 8
    agent_limits: dict[str, Slots] = {}
    default_agent: str = "shell"
    agents: dict[str, AgentSettings] = {}
    registration_timeout_ms: Milliseconds = 60_000
    plan_repairs: Annotated[int, Meta(ge=0, le=20)] = 3
    permission_timeout_ms: Milliseconds | None = None
    limit_wait: bool = True
    limit_wait_max_ms: Annotated[int, Meta(ge=0, le=14 * 86_400_000)] = 6 * 3_600_000
    limit_backoff_ms: Milliseconds = 300_000
    limit_stagger_ms: Annotated[int, Meta(ge=0, le=600_000)] = 5_000
    sessions_on_stop: SessionsOnStop = SessionsOnStop.KEEP
    agent_umask: OctalMode = ""
    output_segment_bytes: Annotated[int, Meta(ge=4096)] = 8 << 20
    output_segments: Annotated[int, Meta(ge=2, le=1000)] = 8
    log_level: str = "info"
    bridge: bool = True
    bridge_address: str = "127.0.0.1"
    bridge_port: Annotated[int, Meta(ge=0, le=65535)] = 7717
    bridge_origins: tuple[PageOrigin, ...] = ()
    remote_address: str = ""
    remote_port: Annotated[int, Meta(ge=0, le=65535)] = 7718
    remote_names: tuple[HostName, ...] = ()
    remote_rate: Annotated[int, Meta(ge=1, le=1_000_000)] = 100
    tls_certificate: str = ""
    tls_key: str = ""


def agents_named(config: Config) -> dict[str, str]:
    """The agents that settings name, by the settings' names as they are written in the file."""
    limits = {f"agentLimits.{agent}": agent for agent in config.agent_limits}
    return {"defaultAgent": config.default_agent, **limits}


class Origin(Entity, frozen=True):
    """A setting, its value, and where that came from: ``default``, a file's path, or a variable's name."""

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
    """Refuse a variable with bytes that are not text: a setting with a replacement in it would be another one."""
    if sound(text) != text:
        raise BadConfiguration("config.not_text", f"{name} is not UTF-8 text: {shown(text)}")


def _file(path: Path) -> dict[str, Any]:
    """The settings of a file, which need not be there."""
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


_TRUTH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _from_text(kind: Any, name: str, text: str) -> Any:
    """What a variable's text means: JSON for tables and lists, else the text for the setting's type to judge."""
    if text[:1] in "[{":
        try:
            return loads(text)
        except Flaw as flaw:
            if flaw.is_repetition:
                raise BadConfiguration(
                    "config.repeated", f"{name}: {flaw}, at {flaw.path}", {"setting": name}
                ) from flaw
            return text
    if kind is bool and text.lower() in _TRUTH:
        return _TRUTH[text.lower()]
    return int(text) if text.lstrip("-").isdigit() and not _is_text(kind) else text


def _is_text(kind: Any) -> bool:
    """Whether a setting is text, with or without rules about it."""
    return kind is str or (get_origin(kind) is Annotated and kind.__origin__ is str)


def _convert(values: Mapping[str, Any], origins: Mapping[str, str]) -> Config:
    for name, value in values.items():
        if name not in _SETTINGS:
            raise BadConfiguration("config.invalid", f"{origins[name]}: {_unknown(name)}", {"setting": name})
        try:
            msgspec.convert({name: value}, Config)
        except msgspec.ValidationError as error:
            raise BadConfiguration(
                "config.invalid", f"{origins[name]}: {name}: {in_words(str(error))}", {"setting": name}
            ) from error
    return msgspec.convert(dict(values), Config)


#: Every setting, as it is written in the file.
_SETTINGS = tuple(field.encode_name for field in msgspec.structs.fields(Config))


def _unknown(name: str) -> str:
    """What to say of a setting that there is not."""
    near = get_close_matches(name[:80], _SETTINGS, n=1)
    return f"there is no setting `{name}`" + (f"; did you mean `{near[0]}`?" if near else "")
