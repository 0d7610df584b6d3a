"""Links in the data folder that each daemon leads to its own installation, so that live sessions follow an upgrade to another place.

What a session is given for its life names the links: the hooks in its settings go on working when maestrod was installed again in
another environment, or with another Python, as soon as the next daemon is there.
"""

import sys
from pathlib import Path

HOOKS = "hooks"
#: Beside the hooks: the interpreter that runs them.
PYTHON = "python"


def link_hooks(folder: Path, hooks: Path) -> Path:
    """The hooks of this installation as sessions are to name them: by links in ``folder``, or as they are where none can be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
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
