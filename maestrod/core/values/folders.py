"""Folders as the domain sees them: which folder a path leads to, under any name, and the folders around it.

The engine looks them up (``seen.py``). Where it cannot look, paths are compared as written.
"""

import posixpath
from collections.abc import Mapping

import msgspec

from maestrod.api.project import FolderIdentity

Identities = Mapping[str, FolderIdentity]


class Place(msgspec.Struct, frozen=True):
    """A folder that was looked up: its path without links, the paths around it (itself first, the root last), and their
    identities.

    ``problem`` says why the folder cannot be worked in; it is empty if it can.
    """

    path: str
    around: tuple[str, ...]
    identities: Identities = {}
    problem: str = ""

    @property
    def identity(self) -> FolderIdentity | None:
        """The identity of the folder, if it was looked up."""
        return self.identities.get(self.path)


def as_written(path: str) -> Place:
    """A place known by its path alone."""
    path = posixpath.normpath(path)
    around = [path]
    while (outer := posixpath.dirname(around[-1])) != around[-1]:
        around.append(outer)
    return Place(path, tuple(around))
