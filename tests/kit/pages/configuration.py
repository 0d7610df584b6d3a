"""Writes ``docs/configuration.md`` from the classes of the settings: ``python -m tests.kit.pages.configuration > docs/configuration.md``."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from maestrod.agents.settings import AgentSettings
from maestrod.api.project import Permissions, ProjectSettings
from maestrod.config import Config, variable

_HEAD = """# Configuration

Generated from the code by `python -m tests.kit.pages.configuration`; a test keeps the two the same.

Every setting has a default, so you need no configuration file. An environment variable wins over the file, and the file wins over the
default. The file is `config.toml`:

| system | file |
|---|---|
| Linux | `~/.config/maestrod/config.toml` (`$XDG_CONFIG_HOME/maestrod/config.toml`) |
| macOS | `~/Library/Application Support/maestrod/config.toml` |
| with `MAESTRO_HOME` | `$MAESTRO_HOME/config/config.toml` |

The daemon reads the file when it starts: run `maestroctl daemon restart` after a change; sessions keep running. A mistake is reported with
the file and the setting. `maestroctl config show --origin` prints every value and where it came from:

```console
$ MAESTRO_MAX_SESSIONS=3 maestroctl config show --origin | grep maxSessions
maxSessions = 3  # MAESTRO_MAX_SESSIONS
```

## Settings of the daemon

In a variable, write lists and tables as JSON: `MAESTRO_AGENT_LIMITS='{"shell": 4}'`.

"""

_AGENTS = """
## Settings of an agent

The table `[agents.NAME]` in the file. With `command` it defines an agent of your own ([agents.md](agents.md#agents-of-your-own));
`env` and `terminal` work for built-in agents too.

"""

_PROJECT = """
## Settings of a project

Stored with the project, not in the file. Set them with `maestroctl project update NAME --settings JSON`.

"""

_PERMISSIONS = """
## Permissions of a project

The member `permissions` of a project's settings. [waiting.md](waiting.md#rules-of-a-project) explains the patterns.

"""

_VARIABLES = """
## Other environment variables

| variable | meaning |
|---|---|
| `MAESTRO_HOME` | one folder for data, configuration and socket, for example for a second daemon |
| `MAESTRO_SOCKET` | path of the daemon's socket |
| `MAESTRO_NO_AUTOSTART` | `1`: commands do not start the daemon (`--no-autostart`) |
| `MAESTRO_COLOR` | `always`, `never` or `auto`: when to print in colour (`--color`). `auto` follows `NO_COLOR`, `TERM` and the stream |
| `MAESTRO_URL`, `MAESTRO_TOKEN_FILE`, `MAESTRO_CA_FILE`, `MAESTRO_FINGERPRINT` | a remote daemon ([security.md](security.md#off-the-machine)) |
| `MAESTRO_DETACH_KEYS`, `MAESTRO_SWITCH_KEYS` | keys of `attach` ([commands.md](commands.md#at-a-sessions-terminal)) |
"""

#: The words for settings of a project, which the schema of the protocol does not have.
_PROJECT_TEXTS: Mapping[str, str] = {
    "defaultAgent": "Agent of tasks that name none; without it the daemon's `defaultAgent`.",
    "planningAgent": "Agent that plans a request that names none. `maestroctl run` asks once and stores it.",
    "maxSessions": "Worker sessions of this project that may run at the same time.",
    "permissions": "Rules for permission requests: see below.",
    "policy": "What happens to a request that matches no pattern.",
    "allow": "Patterns of requests that are allowed.",
    "deny": "Patterns of requests that are denied; they win over `allow`.",
    "timeoutMs": "Time after which `onTimeout` answers a request that nobody answered.",
    "onTimeout": "The answer after that time; `ask` leaves it to the agent's own dialog.",
}

_UNITS = {"Ms": "milliseconds", "Bytes": "bytes", "Rate": "requests per second"}
_SPANS = ((3_600_000, "h"), (60_000, "min"), (1_000, "s"))


def page() -> str:
    """The whole page."""
    config = "".join(_rows(Config, _variable_of()))
    project = _rows(ProjectSettings, None), _rows(Permissions, None)
    agents = "".join(_rows(AgentSettings, None))
    return (
        _HEAD
        + config
        + _AGENTS
        + agents
        + _PROJECT
        + "".join(project[0])
        + _PERMISSIONS
        + "".join(project[1])
        + _VARIABLES
    )


def _variable_of() -> dict[str, str]:
    """The environment variable of each setting, by its name in the file."""
    return {field.encode_name: variable(field.name) for field in msgspec.structs.fields(Config)}


def _rows(kind: type, variables: Mapping[str, str] | None) -> Iterator[str]:
    columns = ["setting", "value", "default", *(["variable"] if variables else []), "what for"]
    yield f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|\n"
    document = msgspec.json.schema(kind)
    for name, schema in document["$defs"][kind.__name__]["properties"].items():
        texts = [f"`{name}`", _value(name, schema, document["$defs"]), _default(name, schema["default"])]
        texts += [f"`{variables[name]}`"] if variables else []
        texts.append(schema.get("description") or _PROJECT_TEXTS[name])
        yield f"| {' | '.join(texts)} |\n"


def _value(name: str, schema: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    """The type of a value, its unit and its range."""
    if choice := schema.get("anyOf"):
        return _value(name, next(each for each in choice if each != {"type": "null"}), known)
    if reference := schema.get("$ref"):
        named = known[reference.rpartition("/")[2]]
        return ", ".join(f"`{word}`" for word in named.get("enum", [])) or "table"
    if words := schema.get("enum"):
        return ", ".join(f"`{word}`" for word in words)
    if schema["type"] == "integer":
        unit = next((unit for end, unit in _UNITS.items() if name.endswith(end)), "number")
        most = f" to {schema['maximum']}" if "maximum" in schema else " or more"
        return f"{unit}, {schema['minimum']}{most}"
    kinds = {"boolean": "`true`, `false`", "array": "list of texts", "object": "table"}
    return kinds.get(schema["type"], "text")


def _default(name: str, value: Any) -> str:
    """A default as it is written in the file; times also in a larger unit."""
    if value in (None, "", (), {}):
        return "not set" if value is None else "empty"
    if isinstance(value, dict):
        return "see below"
    text = f"`{msgspec.json.encode(value).decode()}`"
    if name.endswith("Ms"):
        size, unit = next((size, unit) for size, unit in _SPANS if value % size == 0)
        text += f" ({value // size} {unit})"
    return text


if __name__ == "__main__":
    sys.stdout.write(page())
