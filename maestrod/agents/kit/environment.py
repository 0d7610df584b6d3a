"""An agent's environment: allowed variables of the daemon's, the agent's identity, and ``maestroctl`` on the PATH.

Nothing else is inherited: the daemon may have been started by an agent, whose variables would make the new agent believe
that it is a child of that one, and any variable may hold a secret. Only names are ever recorded (``names``).
"""

import os
import re
import sys
import sysconfig
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from maestrod.agents.adapter import LaunchRequest
from maestrod.api.local.program_links import lead
from maestrod.api.session import Terminal

#: Variables that pass: the user, the language, network access, and where the user's files and this daemon are.
ALLOWED = re.compile(
    r"""
      PATH | HOME | USER | LOGNAME | SHELL | LANG | LANGUAGE | LC_[A-Z]+ | TZ | TMPDIR | COLORTERM | NO_COLOR
    | (?:https?|ftp|all|no)_proxy | (?:HTTPS?|FTP|ALL|NO)_PROXY | SSL_CERT_FILE | SSL_CERT_DIR | SSH_AUTH_SOCK
    | XDG_(?:CONFIG|DATA|CACHE|STATE)_HOME | XDG_RUNTIME_DIR | MAESTRO_HOME
    """,
    re.VERBOSE,
)
#: Maximum number of ids in ``MAESTRO_TASK_IDS``: Linux allows 128 KiB per variable (execve(2)); the manifest has all.
TASK_IDS = 1000
_DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
_TERM = {Terminal.PTY: "xterm-256color", Terminal.PIPE: "dumb"}


def environment(request: LaunchRequest) -> dict[str, str]:
    """The complete environment of a session's agent."""
    env = allowed(request.environ, request.passed)
    env["PATH"] = _with_programs(env.get("PATH") or _DEFAULT_PATH, request.programs)
    env["TERM"] = _TERM.get(request.session.terminal, "dumb")
    return env | identity(request)


def allowed(environ: Mapping[str, str], passed: Collection[str] = ()) -> dict[str, str]:
    """The variables that pass. A name in ``passed`` never lets another session's identity through."""
    return {
        name: value
        for name, value in environ.items()
        if ALLOWED.fullmatch(name) or (name in passed and not name.startswith("MAESTRO_"))
    }


def identity(request: LaunchRequest) -> dict[str, str]:
    """The variables that every report needs: who the agent is and where the daemon is."""
    session = request.session
    tasks = session.task_ids[:TASK_IDS]
    return {
        "MAESTRO_SESSION_ID": session.id,
        "MAESTRO_PROJECT_ID": session.project_id,
        "MAESTRO_TASK_IDS": ",".join(tasks),
        "MAESTRO_TASK_ID": tasks[0] if tasks else "",
        "MAESTRO_SOCKET": str(request.socket),
        "MAESTRO_MANIFEST_PATH": str(request.manifest_path),
        "MAESTRO_SKILLS": ",".join(skill.name for skill in request.manifest.skills),
        "MAESTRO_ATTEMPT": str(session.attempt),
        "MAESTRO_SESSION_TOKEN": request.token,
    }


def names(env: Mapping[str, str]) -> tuple[str, ...]:
    """The names of an environment's variables: all that may be recorded of it."""
    return tuple(sorted(env))


def maestroctl_folder(candidates: Iterable[Path] | None = None) -> Path | None:
    """The folder with this installation's ``maestroctl``: beside the interpreter, or where scripts are installed."""
    for folder in _script_folders() if candidates is None else candidates:
        if os.access(folder / "maestroctl", os.X_OK):
            return folder
    return None


def _script_folders() -> tuple[Path, ...]:
    user = sysconfig.get_preferred_scheme("user")
    paths = (sysconfig.get_path("scripts"), sysconfig.get_path("scripts", user))
    return (Path(sys.executable).parent, *(Path(path) for path in paths if path))


def link_programs(folder: Path) -> Path | None:
    """Link this installation's ``maestroctl`` into ``folder``; None when there is none, or the folder cannot be written.

    An agent's PATH begins with this folder rather than with the one where the command is installed: that may belong to a
    virtual environment, and the agent's ``python`` would then be the daemon's.
    """
    installed = maestroctl_folder()
    if installed is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lead(folder / "maestroctl", installed / "maestroctl")
    except OSError:
        return None
    return folder


def _with_programs(path: str, folder: Path | None) -> str:
    """``path`` with our own commands first, so that an agent uses this version's ``maestroctl``."""
    if folder is None:
        return path
    return os.pathsep.join([str(folder), *(part for part in path.split(os.pathsep) if part != str(folder))])
