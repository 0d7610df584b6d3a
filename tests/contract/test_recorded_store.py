"""Data folders that version 0.1 wrote are read completely, even damaged ones.

``world.jsonl`` is the world in 0.1's own words; ``tests/kit/recorded/store.py`` tells how the folders were made. The store is migrated on
the way, and what it says of sessions is put back into those words to be compared.
"""

import zipfile
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from maestrod.store.files import RealFiles
from maestrod.store.fsck import check
from maestrod.store.layout import Layout
from maestrod.store.segments import list_segments
from maestrod.store.snapshot import read_snapshot
from maestrod.store.store import Options, Store
from tests.kit.recorded import format_1
from tests.kit.recorded.store import POLICY

RECORDED = Path(__file__).resolve().parents[1] / "fixtures/0.1"


def unpacked(name: str, folder: Path) -> Path:
    """The data folder of a recording."""
    with zipfile.ZipFile(RECORDED / name) as packed:
        packed.extractall(folder)
    return folder


def opened(folder: Path) -> Store:
    return Store.open(folder, policy=POLICY, call_soon=lambda function: function(), options=Options(threads=False))


def dump(store: Store) -> list[bytes]:
    """The world of a store that can be trusted, in the words of 0.1."""
    assert store.refusal() is None, store.report
    return [format_1.line(each) for each in store.world.entities()]


def recorded(line: bytes) -> bytes:
    """What 0.1 said, without what it kept and nobody used: time limits of a session that is being stopped."""
    entity = msgspec.json.decode(line)
    if entity.get("stopping"):
        line = msgspec.json.encode(
            {name: value for name, value in entity.items() if name not in _UNUSED}, order="sorted"
        )
    return line


_UNUSED = {"finishing", "deadline", "timeoutLeft"}
WORLD = [recorded(line) for line in (RECORDED / "world.jsonl").read_bytes().splitlines()]


@pytest.mark.parametrize("lost", ["", "snapshot.jsonl"])
def test_a_store_of_0_1_is_read_completely(lost: str, tmp_path: Path) -> None:
    folder = unpacked("store.zip", tmp_path)
    (folder / (lost or "run")).unlink(missing_ok=True)
    store = opened(folder)
    assert dump(store) == WORLD
    assert not store.scan_edits().edits
    store.close()
    assert check(folder).ok, check(folder).problems
    assert dump(again := opened(folder)) == WORLD
    assert again.report == []


def test_readable_files_of_0_1_stand_in_for_a_lost_snapshot_and_journal(tmp_path: Path) -> None:
    """Remembered requests have no files."""
    layout = Layout(unpacked("store.zip", tmp_path))
    seq = read_snapshot(layout.snapshot.read_bytes()).seq
    layout.snapshot.unlink()
    for before, after in pairwise(list_segments(RealFiles(reserve=0), layout.journal)):
        if after.first_seq <= seq:
            before.path.unlink()
    assert dump(opened(tmp_path)) == [line for line in WORLD if b'"method"' not in line]


def test_a_journal_of_0_1_is_read_whole_without_anything_else(tmp_path: Path) -> None:
    assert dump(opened(unpacked("journal.zip", tmp_path))) == WORLD
