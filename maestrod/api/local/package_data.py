"""The paths of the files that ship with the program: hooks, skills, service units and the web page.

A wheel contains them as ``maestrod/_data/<name>`` (see ``force-include`` in ``pyproject.toml``); a checkout, or an editable
installation of one, has them as folders beside the packages.
"""

from pathlib import Path

#: The folders that ship.
NAMES = ("hooks", "skills", "systemd", "launchd", "page")

_PACKAGE = Path(__file__).resolve().parents[2]


def package_data(name: str) -> Path:
    """The folder ``name`` (one of :data:`NAMES`) of the running program.

    Raises ``KeyError`` for a folder that does not ship, ``FileNotFoundError`` if this installation has lost it.
    """
    if name not in NAMES:
        raise KeyError(name)
    for folder in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"this installation of maestrod has no {name}/: reinstall it")
