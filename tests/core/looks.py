"""A machine on which every folder exists, with the skill ``review`` and the persona ``critic``."""

from collections.abc import Iterable
from zlib import crc32

from maestrod.api.project import FolderIdentity
from maestrod.core.values.folders import Place, as_written
from maestrod.core.values.seen import FolderNames, FoldersAt, NamesIn, PlaceAt, Question, Seen


def answer(question: Question) -> Seen:
    """What a look finds."""
    match question:
        case PlaceAt(path):
            place = as_written(path)
            return Seen(places={path: Place(place.path, place.around, identities(place.around))})
        case FoldersAt(paths):
            return Seen(folders=identities(paths))
        case NamesIn(folder):
            return Seen(known={folder or "": FolderNames(frozenset({"critic"}), frozenset({"review"}))})
    raise AssertionError(question)


def identities(paths: Iterable[str]) -> dict[str, FolderIdentity]:
    """Which folders they are, by numbers that are the same in every process."""
    return {path: FolderIdentity(device=1, inode=crc32(path.encode()), boot_id="b") for path in paths}
