"""Reads, and never writes, the user's own folder and settings of Gemini CLI."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from maestrod.agents.kit.commented_json import decode
from maestrod.api.errors import Unavailable
from maestrod.api.local import plain_file
from maestrod.api.text.outside_text import file_text

#: Gemini's folder, below the home.
OWN = ".gemini"
#: Maximum number of its entries that are linked; it has a dozen.
_ENTRIES = 1000


def sign_in(environ: Mapping[str, str]) -> str | None:
    """The sign-in method that the environment is complete for, in Gemini CLI's own order of preference."""
    if environ.get("GOOGLE_GENAI_USE_GCA") == "true":
        return "oauth-personal"
    if environ.get("GOOGLE_GENAI_USE_VERTEXAI") == "true":
        return "vertex-ai"
    return "gemini-api-key" if environ.get("GEMINI_API_KEY") else None


def home(environ: Mapping[str, str]) -> Path:
    """The folder that contains the user's own ``.gemini``."""
    return Path(environ.get("GEMINI_CLI_HOME") or environ.get("HOME") or "~").expanduser()


def read(environ: Mapping[str, str]) -> dict[str, Any]:
    """The user's settings; empty when there are none. Raises ``Unavailable`` for broken ones."""
    path = home(environ) / OWN / "settings.json"
    try:
        found = decode(file_text(plain_file.read(path, plain_file.SETTINGS_LIMIT)))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Unavailable("agent.settings", f"gemini: {path} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise Unavailable("agent.settings", f"gemini: {path} is not a JSON object")
    return found


def entries(folder: Path) -> Iterator[str]:
    """The names of a folder's entries, sorted."""
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return
    yield from names[:_ENTRIES]
