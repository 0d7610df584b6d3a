"""What a decision may need to see of the outside world: folders, and the skills and personas in them.

The domain never looks for itself. A rule asks ``Draft.seen``. If the answer is missing, the rule raises ``Unseen`` with its
question and the decision is undone as if it had been refused. The engine then looks in a thread, while other calls continue,
and decides again with the answer (``Engine.seeing``). So a rule's questions need not be known in advance. And the answer is
always about the right folder: if the project moved during the look, the rule asks again. Each look adds to what was seen, so
this ends.
"""

from collections.abc import Collection, Mapping
from typing import Self

import msgspec

from maestrod.api.project import FolderIdentity
from maestrod.core.values.folders import Identities, Place, as_written


class FolderNames(msgspec.Struct, frozen=True):
    """The personas and skills that are available in a folder."""

    personas: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()


class Question(msgspec.Struct, frozen=True, tag=True):
    """Base of the questions that a rule can ask about the outside world."""


class PlaceAt(Question, frozen=True):
    """Which folder does this path lead to, and what is around it?"""

    path: str


class FoldersAt(Question, frozen=True):
    """Which folders are these paths by now?"""

    paths: tuple[str, ...]


class NamesIn(Question, frozen=True):
    """Which personas and skills are available in this folder? None: in every folder."""

    folder: str | None


class Unseen(Exception):
    """A rule needs an answer that is not there yet."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        self.question = question


class Seen(msgspec.Struct, frozen=True):
    """The answers that one decision may use.

    With ``looks``, a missing answer raises ``Unseen``. Without it, no look is possible: paths are compared as written, and a
    folder without an answer has no personas and no skills. ``folders`` maps a path that leads to no folder to None. ``known``
    has the names by folder; the key for every folder is the empty string.
    """

    looks: bool = False
    places: Mapping[str, Place] = {}
    folders: Mapping[str, FolderIdentity | None] = {}
    known: Mapping[str, FolderNames] = {}

    def place(self, path: str) -> Place:
        """The folder that a path leads to. Raises ``Unseen``."""
        if not self.looks:
            return as_written(path)
        if path not in self.places:
            raise Unseen(PlaceAt(path))
        return self.places[path]

    def identities(self, paths: Collection[str]) -> Identities:
        """The identity of each path that leads to a folder. Raises ``Unseen``."""
        if not self.looks:
            return {}
        if any(path not in self.folders for path in paths):
            raise Unseen(FoldersAt(tuple(paths)))
        return {path: identity for path in paths if (identity := self.folders[path]) is not None}

    def names(self, folder: str | None) -> FolderNames:
        """The personas and skills available in a folder. Raises ``Unseen``."""
        found = self.known.get(folder or "")
        if found is None and self.looks:
            raise Unseen(NamesIn(folder))
        return found or FolderNames()

    def joined(self, more: Self) -> Self:
        """These answers together with those of another look."""
        return msgspec.structs.replace(
            self,
            places={**self.places, **more.places},
            folders={**self.folders, **more.folders},
            known={**self.known, **more.known},
        )


#: For callers that cannot look.
BLIND = Seen()
