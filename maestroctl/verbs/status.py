"""``maestroctl status``: an overview on one page."""

import sys
import time
from typing import Any

from maestroctl.client.caller import Caller
from maestroctl.client.client import Client
from maestroctl.output import answer, answer_json, safe, say
from maestroctl.show.limits import held_back, waiting
from maestroctl.show.pauses import Pauses
from maestroctl.show.progress import state_of
from maestroctl.show.questions import short
from maestroctl.show.table import table
from maestroctl.verbs.options import Json

_SHOWN = 20  # of each kind; the list commands show all
_MINUTE = 60_000
_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (_MINUTE, "m"), (1000, "s"))


def command(*, as_json: Json = False) -> int:
    """Show the daemon, runs, sessions and open questions.

    Starts nothing: exit code 69 if no daemon runs.
    """
    with Caller.of_this_process().client(start=False) as client:
        overview = gather(client)
    if as_json:
        answer_json(overview)
        return 0
    for line in page(overview, int(time.time() * 1000)):
        answer(line)
    warn_of_version(overview["system"]["version"])
    return 0


def gather(client: Client) -> dict[str, Any]:
    """Everything on the page, as the daemon sent it."""
    return {
        "system": client.raw("system.status", {}),
        "runs": client.raw("run.list", {"active": True, "limit": _SHOWN}).get("items", []),
        "sessions": client.raw("session.list", {"live": True, "limit": _SHOWN}).get("items", []),
        "attention": client.raw("attention.list", {"limit": _SHOWN}).get("items", []),
    }


def page(overview: dict[str, Any], now: int) -> list[str]:
    """The lines of the page; ``now`` is milliseconds since the epoch."""
    lines = _daemon(overview["system"], now)
    rows = [
        [
            _number(run),
            run["id"],
            state_of(run),
            safe(run["agent"]),
            _age(now, run.get("createdAt")),
            safe(run.get("title") or ""),
        ]
        for run in overview["runs"]
    ]
    lines += _section("RUNS", ("RUN", "ID", "STATUS", "AGENT", "AGE", "TITLE"), rows)
    held = Pauses.of(overview["system"], overview["runs"])
    rows = [
        [
            item["id"],
            "paused" if held.has(item.get("runId")) else state_of(item),
            item["agent"],
            _age(now, item.get("createdAt")),
            _doing(item, now),
        ]
        for item in overview["sessions"]
    ]
    lines += _section("SESSIONS", ("ID", "STATUS", "AGENT", "AGE", "NAME"), rows)
    rows = [
        [short(item), item["kind"], "/".join(safe(option) for option in item.get("options", ())), safe(item["message"])]
        for item in overview["attention"]
    ]
    lines += _section(
        "OPEN QUESTIONS (maestroctl answer NUMBER VALUE)", ("NUMBER", "KIND", "OPTIONS", "QUESTION"), rows
    )
    return lines


def _number(run: dict[str, Any]) -> str:
    return f"#{run['number']}" if run.get("number") else ""


def warn_of_version(version: str) -> None:
    """Warn on stderr if the daemon has another version than this program."""
    import maestrod

    if version != maestrod.__version__:
        say(f"The daemon is version {safe(version)}, this is {maestrod.__version__}: run `maestroctl daemon restart`.")


def _daemon(system: dict[str, Any], now: int) -> list[str]:
    mode = system.get("mode", "ok")
    state = "frozen" if system.get("frozen") else "stopping" if system.get("stopping") else mode.replace("_", " ")
    slots = f"slots {system.get('slotsUsed', 0)} of {system.get('slots', 0)} used"
    return [
        f"maestrod {safe(system['version'])}, process {system['pid']}, up {_age(now, system['startedAt'])}, {state}",
        f"{slots}; tasks {_counts(system.get('tasks'))}; sessions {_counts(system.get('sessions'))}",
        *(f"! {held_back(safe(agent), until, now)}" for agent, until in system.get("agentWaits", {}).items()),
        *(f"! {safe(problem)}" for problem in system.get("problems", ())),
    ]


def _counts(counts: dict[str, int] | None) -> str:
    found = [f"{number} {name.replace('_', ' ')}" for name, number in (counts or {}).items() if number]
    return ", ".join(found) or "none"


def _section(title: str, headings: tuple[str, ...], rows: list[list[str]]) -> list[str]:
    if not rows:
        return []
    return ["", title, *table(headings, rows, limit=_columns())]


def _columns() -> int | None:
    """The width of the terminal; None in a pipe, where nothing is cut."""
    if not sys.stdout.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns


def _doing(session: dict[str, Any], now: int) -> str:
    """A session's name, and what it waits for."""
    wait = (session.get("live") or {}).get("wait")
    if not wait:
        return safe(session["name"])
    waits_for = waiting(
        safe(session["agent"]), wait["until"], now, due=wait.get("due", False), guessed=wait.get("guessed", False)
    )
    return f"{safe(session['name'])}: {waits_for}"


def _age(now: int, then: int | None) -> str:
    """How long ago, in the largest unit that fits."""
    passed = max(now - (now if then is None else then), 0)
    return next((f"{passed // unit}{name}" for unit, name in _UNITS if passed >= unit), "0s")
