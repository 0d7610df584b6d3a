"""Every source file has its test where a reader looks for it: ``maestrod/a/b.py`` in ``tests/a/test_b.py``."""

from pathlib import Path

from tests.meta.tree import PRODUCT, ROOT, modules, shown

#: Files whose test is somewhere else: the test, and why there. A folder of the source stands for everything in it.
ELSEWHERE = (
    {
        f"maestrod/api/{noun}.py": ("tests/meta/test_methods.py", "structs and rows only; every row is checked there")
        for noun in (
            *(
                "attention",
                "event",
                "permission",
                "plan",
                "project",
                "token",
                "queue",
                "reason",
                "run",
                "session",
                "skill",
                "system",
                "task",
                "ui",
            ),
        )
    }
    | {"maestrod/transport/bridge/door.py": ("tests/transport/bridge/test_port.py", "values only: made there")}
    | {
        f"maestrod/core/{source}.py": (f"tests/{test}.py", why)
        for source, test, why in (
            *(
                (name, "core/test_decide", "values only: every one of them is played there")
                for name in ("values/command", "values/effects")
            ),
            ("values/facts", "core/test_decide", "values only: every one of them is played there"),
            (
                "world/deadlines",
                "core/test_decide",
                "a law holds the index to what entities say; each moment passes there",
            ),
            (
                "work/task_rules",
                "core/work/test_task",
                "what a report means and how it is given are one thing to its user",
            ),
            (
                "session/session_rules",
                "core/session/test_session",
                "what a report means and how it is given are one thing to its user",
            ),
            ("fact_rules", "core/session/test_session", "a session's story is told by reports and facts together"),
            (
                "session/answer_rules",
                "core/session/test_limit_rules",
                "what an answer brings about is played with each kind of question",
            ),
            ("session/start", "core/session/test_session", "starting and stopping are a session's first and last page"),
            ("work/stop", "core/session/test_session", "starting and stopping are a session's first and last page"),
            (
                "values/reasons",
                "core/session/test_session",
                "what each reason does to a session's work is played there",
            ),
            ("world/slots", "core/test_schedule", "slots are counted where they are given out"),
            (
                "follow",
                "core/work/test_queue",
                "what follows a task is its queue's item; sessions follow in test_session",
            ),
            ("work/plan_apply", "core/work/test_run", "a plan is submitted, approved, applied as part of a run"),
            ("work/plan_state", "core/values/test_machines", "a table; all tables are checked there"),
            ("session/limit_state", "core/values/test_machines", "a table; all tables are checked there"),
            ("work/run_state", "core/values/test_machines", "a table; all tables are checked there"),
            ("world/standing", "core/work/test_rollup", "how a task stands is seen by who waits for it"),
            ("work/dependencies", "core/work/test_rollup", "what a task waits for decides what it is"),
            ("world/entities", "core/world/test_world", "patches and lines of entities are what the world is made of"),
            ("world/indexes", "core/world/test_world", "two functions under every index of the world"),
        )
    }
)

ELSEWHERE["maestroctl/attach/seat.py"] = (
    "tests/system/test_attach.py",
    "bytes between two terminals: shown with real ones",
)
ELSEWHERE |= {
    f"maestroctl/screen/{name}.py": ("tests/system/test_watch.py", "what only a screen shows is looked at on a screen")
    for name in ("app", "board", "theme")
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
