"""Links in the data folder to the installation in use, so that hooks follow an upgrade to another path.

The settings of agents, and sessions for their whole life, name the links. So hooks continue to work after maestrod was
installed in another environment or with another Python, once its daemon or its ``maestroctl hooks install`` has run.
"""

import sys
from pathlib import Path

HOOKS = "hooks"
#: Beside the hooks: the interpreter that runs them.
PYTHON = "python"


def link_hooks(folder: Path, hooks: Path) -> Path:
    """The path of this installation's hooks for settings: through links in ``folder``, or directly if no links can be made."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # only its user may access the data folder
        folder.mkdir(exist_ok=True, mode=0o700)
        lead(folder / PYTHON, Path(sys.executable).resolve())
        lead(folder / HOOKS, hooks)
    except OSError:
        return hooks
    return folder / HOOKS


def interpreter(hooks: Path) -> Path:
    """The interpreter for programs in ``hooks``: the link beside them, else this process's own, without its virtual
    environment.
    """
    link = hooks.parent / PYTHON
    return link if link.is_symlink() else Path(sys.executable).resolve()


def lead(link: Path, target: Path) -> None:
    """Point ``link`` to ``target``, atomically. Raises ``OSError``."""
    if link.is_symlink() and link.readlink() == target:
        return
    temporary = link.with_name(f".{link.name}.tmp")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)
