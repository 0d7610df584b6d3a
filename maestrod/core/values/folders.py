"""Folders as the domain sees them: which one a path leads to, by whatever name, and what is around it.

The engine looks at them (``seen.py``). Where nobody can look, paths are compared as written.
"""

import posixpath
from collections.abc import Mapping

import msgspec

from maestrod.api.project import FolderIdentity

Identities = Mapping[str, FolderIdentity]


class Place(msgspec.Struct, frozen=True):
    """A folder that was looked at: its path without links, the paths around it (itself first, the root last), and which they are.

    ``problem`` says why it is no folder to work in; empty when it is one.
    """

    path: str
    around: tuple[str, ...]
    identities: Identities = {}
    problem: str = ""

    @property
    def identity(self) -> FolderIdentity | None:
        """Which folder it is, if somebody looked."""
        return self.identities.get(self.path)


def as_written(path: str) -> Place:
    """A place by its path alone."""
    path = posixpath.normpath(path)
    around = [path]
    while (outer := posixpath.dirname(around[-1])) != around[-1]:
        around.append(outer)
    return Place(path, tuple(around))
