"""Links in the data folder that lead to the installation in use, so that hooks follow an upgrade to another place.

Settings of agents, and sessions for their whole life, name the links: hooks go on working when maestrod was installed again in another
environment, or with another Python, as soon as its daemon or its ``maestroctl hooks install`` has run.
"""

import sys
from pathlib import Path

HOOKS = "hooks"
#: Beside the hooks: the interpreter that runs them.
PYTHON = "python"


def link_hooks(folder: Path, hooks: Path) -> Path:
    """The hooks of this installation as settings are to name them: by links in ``folder``, or as they are where none can be made."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # the data folder is for its user alone
        folder.mkdir(exist_ok=True, mode=0o700)
        lead(folder / PYTHON, Path(sys.executable).resolve())
        lead(folder / HOOKS, hooks)
    except OSError:
        return hooks
    return folder / HOOKS


def interpreter(hooks: Path) -> Path:
    """The interpreter for programs in ``hooks``: the link beside them, else this process's own and no virtual environment's."""
    link = hooks.parent / PYTHON
    return link if link.is_symlink() else Path(sys.executable).resolve()


def lead(link: Path, target: Path) -> None:
    """Make ``link`` lead to ``target``; at every moment it leads to the old one or to the new. Raises ``OSError``."""
    if link.is_symlink() and link.readlink() == target:
        return
    temporary = link.with_name(f".{link.name}.tmp")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)
