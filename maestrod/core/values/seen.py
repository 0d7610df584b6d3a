"""What a decision may need to see of the outside world: folders, and the skills and personas kept in them.

The domain looks at nothing itself. A rule asks what was seen (``Draft.seen``). When that does not hold the answer, the rule raises
``Unseen`` with its question, the decision is put back as if it had been refused, and whoever holds the engine looks, without holding
up anybody, and decides again with the answer (``Engine.seeing``). So a rule needs no list of what it might ask, and what it decides by
is never about another folder than the one it means, however the world changed during the look. Each question adds to what was seen,
and there are three kinds of them, so this comes to an end.
"""

from collections.abc import Collection, Mapping
from typing import Self

import msgspec

from maestrod.api.project import FolderIdentity
from maestrod.core.values.folders import Identities, Place, as_written


class Names(msgspec.Struct, frozen=True):
    """The personas and skills that work in a folder may use."""

    personas: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()


class Question(msgspec.Struct, frozen=True, tag=True):
    """Base of what a rule asks about the outside world."""


class PlaceAt(Question, frozen=True):
    """Which folder does this path lead to, and what is around it?"""

    path: str


class FoldersAt(Question, frozen=True):
    """Which folders are these paths by now?"""

    paths: tuple[str, ...]


class NamesIn(Question, frozen=True):
    """Which personas and skills are there for work in this folder? None asks about those of every folder."""

    folder: str | None


class Unseen(Exception):
    """A rule asks what nobody has looked at yet."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        self.question = question


class Seen(msgspec.Struct, frozen=True):
    """What somebody looked at, for one decision.

    With ``looks`` what is missing is asked for. Without it nobody will look: paths are compared as they are written, and there
    are no personas and skills. ``folders`` has None for a path that leads to no folder. ``known`` has the names by folder, under
    the empty string those of every folder.
    """

    looks: bool = False
    places: Mapping[str, Place] = {}
    folders: Mapping[str, FolderIdentity | None] = {}
    known: Mapping[str, Names] = {}

    def place(self, path: str) -> Place:
        """The folder a path leads to. Raises ``Unseen``."""
        if not self.looks:
            return as_written(path)
        if path not in self.places:
            raise Unseen(PlaceAt(path))
        return self.places[path]

    def identities(self, paths: Collection[str]) -> Identities:
        """Which folders paths are, of those that lead to one. Raises ``Unseen``."""
        if not self.looks:
            return {}
        if any(path not in self.folders for path in paths):
            raise Unseen(FoldersAt(tuple(paths)))
        return {path: identity for path in paths if (identity := self.folders[path]) is not None}

    def names(self, folder: str | None) -> Names:
        """The personas and skills for work in a folder. Raises ``Unseen``."""
        found = self.known.get(folder or "")
        if found is None and self.looks:
            raise Unseen(NamesIn(folder))
        return found or Names()

    def joined(self, more: Self) -> Self:
        """This and what another look has seen."""
        return msgspec.structs.replace(
            self,
            places={**self.places, **more.places},
            folders={**self.folders, **more.folders},
            known={**self.known, **more.known},
        )


#: What is seen where nobody looks.
BLIND = Seen()
