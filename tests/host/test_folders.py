"""Projects are found by their real folders: through links, from inside, moved, replaced, deleted, and on unresponsive file systems."""

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from maestrod.api.errors import Conflict, Malformed, Unavailable
from maestrod.api.project import FolderIdentity, Project, ProjectCreate, ProjectUpdate
from maestrod.core.values.command import Stamp
from maestrod.core.values.folders import Place
from maestrod.core.values.seen import BLIND, FolderNames, FoldersAt, NamesIn, PlaceAt, Seen, Unseen
from maestrod.core.work import project
from maestrod.core.world.draft import Draft
from maestrod.core.world.world import World
from maestrod.host.folders import PATIENCE, RealEyes
from maestrod.host.instance import boot_id

T = TypeVar("T")


def eyes(patience: float = PATIENCE) -> RealEyes:
    return RealEyes(lambda folder: FolderNames(skills=frozenset({folder or "everywhere"})), patience)


def place(looker: RealEyes, path: str) -> Place:
    return looker.seen(PlaceAt(path)).places[path]


class Home:
    """A world with eyes on a real folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.world = World()
        self._eyes = eyes()
        self._entropy = 0

    def draft(self, seen: Seen = BLIND) -> Draft:
        self._entropy += 1 << 24
        return Draft(self.world, Stamp(1, 1, self._entropy), seen)

    def decide(self, rule: Callable[..., T], *arguments: Any) -> T:
        """What a rule comes to that may look around."""
        return self.seeing(lambda seen: rule(self.draft(seen), *arguments))

    def seeing(self, work: Callable[[Seen], T]) -> T:
        """What the work comes to when it may look around; a rule that asks has changed nothing yet."""
        seen = Seen(looks=True)
        while True:
            try:
                return work(seen)
            except Unseen as unseen:
                seen = seen.joined(self._eyes.seen(unseen.question))

    def folder(self, name: str) -> Path:
        path = self.root / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def create(self, name: str, path: Path) -> Project:
        return self.decide(project.create, ProjectCreate(name=name, working_dir=str(path)))

    def at(self, path: Path | str) -> Project:
        """The project of a run that is started there."""
        return self.decide(project.for_folder, None, str(path))

    def problem(self, id_: str) -> str:
        [view] = self.seeing(lambda seen: project.views(self.world, seen, [self.world.projects[id_]]))
        return view.problem


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path.resolve())


def test_a_project_created_through_a_link_is_found_by_every_path_and_from_inside(home: Home) -> None:
    real, link = home.folder("real"), home.root / "link"
    link.symlink_to(real)
    inside = home.folder("real/src/deep")
    shop = home.create("shop", link)
    assert shop.working_dir == str(real)
    for path in (link, real, f"{link}/", f"{real}/src/..", link / "src", inside, home.root / "link" / "src" / "deep"):
        assert home.at(path).id == shop.id
    assert len(home.world.projects) == 1


def test_the_nearest_project_wins_and_one_inside_can_be_created(home: Home) -> None:
    outer, inner = home.create("outer", home.folder("o")), home.create("inner", home.folder("o/i"))
    assert home.at(home.folder("o/i/x")).id == inner.id
    assert home.at(home.folder("o/x")).id == outer.id
    assert home.at(home.folder("beside")).id not in {outer.id, inner.id}


def test_a_link_out_of_a_project_is_not_inside_it(home: Home) -> None:
    shop, elsewhere = home.create("shop", home.folder("shop")), home.folder("elsewhere")
    (home.root / "shop" / "out").symlink_to(elsewhere)
    assert home.at(home.root / "shop" / "out").id != shop.id


def test_one_folder_under_two_names_has_one_project(home: Home) -> None:
    shop = home.create("shop", home.folder("real"))
    (home.root / "link").symlink_to(home.root / "real")
    with pytest.raises(Conflict, match=rf"already the folder of project shop \({shop.id}\)"):
        home.create("other", home.root / "link")


def test_a_path_that_is_not_a_folder_makes_no_project(home: Home) -> None:
    (home.root / "file").touch()
    (home.root / "loop").symlink_to(home.root / "loop")
    for name, words in {"none": "there is no folder", "file": "is not a folder", "loop": "loop"}.items():
        with pytest.raises(Malformed, match=words):
            home.create("x", home.root / name)
        with pytest.raises(Malformed, match=words):
            home.at(home.root / name)
    assert not home.world.projects


def test_a_moved_folder_keeps_its_project(home: Home) -> None:
    shop = home.create("shop", home.folder("shop"))
    home.folder("shop/src")
    (home.root / "shop").rename(home.root / "store")
    assert home.problem(shop.id) == "its folder is missing, or its file system does not answer"
    assert home.at(home.root / "store" / "src").id == shop.id
    assert home.world.projects[shop.id].working_dir == str(home.root / "store")
    assert home.problem(shop.id) == ""


def test_a_deleted_folder_starts_nothing_until_it_returns(home: Home) -> None:
    shop = home.create("shop", home.folder("shop"))
    (home.root / "shop").rename(home.root / "away")
    with pytest.raises(Conflict, match="is missing: restore it") as refused:
        home.decide(project.for_folder, shop.id, None)
    assert f"maestroctl project update {shop.id} --working-dir" in refused.value.message
    (home.root / "away").rename(home.root / "shop")
    assert home.decide(project.for_folder, shop.id, None).id == shop.id


def replaced(home: Home) -> Project:
    """A project whose folder was removed, and another one made in its place."""
    shop = home.create("shop", home.folder("shop"))
    (home.root / "shop").rename(home.root / "kept")  # a number in use is given to nobody else
    home.folder("shop")
    return shop


def test_a_replaced_folder_starts_nothing_until_the_user_confirms_it(home: Home) -> None:
    shop = replaced(home)
    assert home.problem(shop.id) == "its folder was replaced by another one"
    with pytest.raises(Conflict, match="was replaced by another one"):
        home.at(home.root / "shop")
    with pytest.raises(Conflict, match="was replaced by another one"):
        home.decide(project.for_folder, shop.id, None)
    home.decide(project.update, ProjectUpdate(project_id=shop.id, working_dir=str(home.root / "shop")))
    assert home.at(home.root / "shop").id == shop.id
    assert home.problem(shop.id) == ""


def test_a_project_stays_with_its_folder_when_another_takes_its_place(home: Home) -> None:
    shop = replaced(home)
    assert home.at(home.root / "kept").id == shop.id
    assert home.world.projects[shop.id].working_dir == str(home.root / "kept")


@pytest.mark.parametrize("change", [{"boot_id": "another"}, {"device": 12345}])
def test_after_a_reboot_or_remount_a_new_device_number_is_accepted(home: Home, change: dict[str, Any]) -> None:
    shop = home.create("shop", home.folder("shop"))
    assert shop.folder is not None
    stale = msgspec.structs.replace(shop.folder, **change)
    home.draft().change(shop, folder=stale)
    assert home.problem(shop.id) == ""
    assert home.at(home.root / "shop").folder == shop.folder


def test_a_project_of_an_older_version_is_found_by_path_and_updated_at_its_next_use(home: Home) -> None:
    shop = home.create("shop", home.folder("shop"))
    home.draft().change(shop, folder=None)
    (home.root / "link").symlink_to(home.root / "shop")
    assert home.at(home.root / "link").folder == shop.folder


def test_the_oldest_project_of_a_folder_counts_and_the_others_say_so(home: Home) -> None:
    shop = home.create("shop", home.folder("real"))
    (home.root / "link").symlink_to(home.root / "real")
    second = home.draft().put(Project(id="prj_2", name="b", working_dir=str(home.root / "link")))
    assert home.at(home.root / "link").id == shop.id
    assert home.problem(shop.id) == ""
    assert home.problem(second.id) == f"its folder is also that of shop ({shop.id}), which takes precedence"


def test_an_unresponsive_file_system_costs_a_moment_and_hides_no_other_project(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, real = threading.Event(), os.stat

    def stat(path: Any, **options: Any) -> os.stat_result:
        if str(path).endswith("dead"):
            release.wait(10)
        return real(path, **options)

    monkeypatch.setattr("maestrod.host.folders.os.stat", stat)
    impatient = eyes(patience=0.05)
    paths = [str(home.folder(name)) for name in ("one", "dead", "two")]
    try:
        found = impatient.seen(FoldersAt(tuple(paths))).folders
        assert [path for path in paths if found[path] is not None] == [paths[0], paths[2]]
        assert "does not answer" in place(impatient, paths[1]).problem
    finally:
        release.set()


def test_only_the_ancestors_in_a_tree_of_any_depth_are_visited(home: Home) -> None:
    deep = place(eyes(), str(home.folder("/".join(["d"] * 200))))
    assert len(deep.around) == len(deep.identities) == len(Path(deep.path).parts)
    shutil.rmtree(home.root / "d")


def test_an_identity_is_read_from_stat(home: Home) -> None:
    status = home.root.stat()
    found = place(eyes(), str(home.root)).identity
    assert found == FolderIdentity(device=status.st_dev, inode=status.st_ino, boot_id=boot_id())


async def test_a_check_runs_on_another_thread_and_times_out(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    threads, release = set(), threading.Event()

    def names(folder: str | None) -> FolderNames:
        threads.add(threading.get_ident())
        if folder == "dead":
            release.wait(10)
        return FolderNames(skills=frozenset({folder or "everywhere"}))

    looker = RealEyes(names)
    assert (await looker.look(NamesIn(None))).known == {"": FolderNames(skills=frozenset({"everywhere"}))}
    assert (await looker.look(PlaceAt(str(home.root)))).places[str(home.root)].path == str(home.root)
    assert threading.get_ident() not in threads
    monkeypatch.setattr("maestrod.host.folders.LOOK_SECONDS", 0.01)
    try:
        with pytest.raises(Unavailable, match="did not answer"):
            await looker.look(NamesIn("dead"))
    finally:
        release.set()
