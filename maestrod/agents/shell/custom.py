"""An agent of the user's own: any program that does one task per run, configured with a template.

    [agents.aider]
    command = ["aider", "--yes-always", "--no-stream", "--message", "{prompt}"]
    env = ["OPENAI_API_KEY"]

Such a program reports nothing by itself (aider has no hooks, no stream, and exits with 0 even when it could not log in).
The shell worker reports for it: it starts each task, runs the program with the task as its prompt, runs the task's
checks, and reports the result. Only the checks show whether a task is really done.
"""

import re
import shlex
import shutil
from collections.abc import Sequence

import msgspec

from maestrod.agents.adapter import LaunchPlan, LaunchRequest
from maestrod.agents.kit.environment import environment
from maestrod.agents.kit.session_files import session_files
from maestrod.agents.settings import AgentSettings
from maestrod.agents.shell.launch import worker_plan
from maestrod.agents.shell.opaque import OpaqueAdapter
from maestrod.agents.shell.worker.prompt import PATH_VARIABLE, TEXT_VARIABLE
from maestrod.api.errors import Unavailable
from maestrod.api.skill import AgentInfo
from maestrod.core.values.agent_traits import AgentTraits

#: The placeholders of a template, and the shell variables with their values.
_PLACES = {"{prompt}": TEXT_VARIABLE, "{prompt_file}": PATH_VARIABLE, "{task_id}": "MAESTRO_TASK_ID"}
_PLACE = re.compile("|".join(map(re.escape, _PLACES)))


class CustomAdapter(OpaqueAdapter):
    """A program with its template; ``settings.command`` must not be empty."""

    def __init__(self, name: str, settings: AgentSettings) -> None:
        self.name = name
        self._settings = settings
        self.traits = AgentTraits()

    def launch(self, request: LaunchRequest) -> LaunchPlan:
        """Start the worker, with the program's command line in the manifest. Raises ``Unavailable`` without the program."""
        missing = self._missing(environment(request)["PATH"])
        if missing is not None:
            raise Unavailable("agent.missing", f"{self.name}: {missing}")
        files = session_files(request.manifest)
        manifest = msgspec.json.decode(files["manifest.json"])
        files["manifest.json"] = _json(manifest | {"taskCommand": command_line(self._settings.command)})
        return worker_plan(request, files)

    def detect(self) -> AgentInfo:
        """Look for its program on the daemon's PATH."""
        missing = self._missing(None)
        description = (
            self._settings.description or f"Runs {self._settings.command[0]} for each task (from your configuration)"
        )
        return AgentInfo(name=self.name, description=description, available=missing is None, missing=missing)

    def _missing(self, path: str | None) -> str | None:
        program = self._settings.command[0]
        if shutil.which(program, path=path) is not None:
            return None
        return f"`{program}` is not an executable program on the PATH; see command in [agents.{self.name}] of your configuration"


def command_line(template: Sequence[str]) -> str:
    """Convert a template to one line for the POSIX shell; each placeholder stays one word, whatever its value."""
    line = " ".join(map(_word, template))
    if any(place in word for word in template for place in ("{prompt}", "{prompt_file}")):
        return line
    return f'{line} < "${PATH_VARIABLE}"'


def _word(word: str) -> str:
    pieces = []
    at = 0
    for place in _PLACE.finditer(word):
        if place.start() > at:
            pieces.append(shlex.quote(word[at : place.start()]))
        pieces.append(f'"${_PLACES[place[0]]}"')
        at = place.end()
    if at < len(word) or not pieces:
        pieces.append(shlex.quote(word[at:]))
    return "".join(pieces)


def _json(document: dict[str, object]) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
