"""Every source file has its test where a reader looks for it: ``maestrod/a/b.py`` in ``tests/a/test_b.py``."""

from pathlib import Path

from tests.meta.tree import PRODUCT, ROOT, modules, shown

#: Files whose test is somewhere else: the test, and why there. A folder of the source stands for everything in it.
ELSEWHERE = {
    f"maestrod/api/{noun}.py": ("tests/meta/test_methods.py", "structs and rows only; every row is checked there")
    for noun in (
        *("attention", "event", "plan", "project", "queue", "reason", "run", "session", "skill", "system", "task"),
    )
}


def mirror_of(path: Path) -> Path:
    """Where the test of a source file belongs."""
    package, *folders = path.relative_to(ROOT).parent.parts
    top = ROOT / "tests" / ("maestroctl" if package == "maestroctl" else "")
    return top.joinpath(*folders, f"test_{path.stem.strip('_')}.py")


def sources() -> list[Path]:
    return [path for path in modules(*PRODUCT) if path.name != "__init__.py"]


def elsewhere(path: Path) -> str | None:
    """The key in the table that speaks of ``path``."""
    return next((key for key in ELSEWHERE if shown(path) == key or shown(path).startswith(f"{key}/")), None)


def test_every_source_file_has_its_test() -> None:
    missing = {
        shown(path): shown(mirror_of(path))
        for path in sources()
        if not mirror_of(path).is_file() and elsewhere(path) is None
    }
    assert missing == {}


def test_the_exceptions_are_still_needed_and_still_true() -> None:
    stale = [key for key in ELSEWHERE if not any(elsewhere(path) == key for path in sources())]
    stale += [
        f"{key}: {shown(path)} has its own test"
        for path in sources()
        if (key := elsewhere(path)) == shown(path) and mirror_of(path).is_file()
    ]
    stale += [f"{key}: no {test}" for key, (test, _) in ELSEWHERE.items() if not (ROOT / test).exists()]
    assert stale == []


def test_every_package_has_only_words_in_its_init() -> None:
    for path in modules(*PRODUCT):
        if path.name == "__init__.py":
            code = [
                line for line in path.read_text("utf-8").splitlines() if line.startswith(("def ", "class ", "async "))
            ]
            assert code == [], shown(path)
