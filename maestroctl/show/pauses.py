"""Which sessions are paused with their run, or because everything is frozen: the session itself does not say so."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Self

import msgspec

from maestroctl.client.client import Client
from maestrod.api.session import Session, SessionPage

_PAGE = 1000


class Pauses(NamedTuple):
    """What is paused: the ids of runs, or everything (``frozen``)."""

    runs: frozenset[str] = frozenset()
    frozen: bool = False

    @classmethod
    def of(cls, system: Mapping[str, Any], runs: Iterable[Mapping[str, Any]]) -> Self:
        """From the daemon's status and its active runs."""
        return cls(frozenset(run["id"] for run in runs if run.get("paused")), bool(system.get("frozen")))

    @classmethod
    def now(cls, client: Client) -> Self:
        """Ask the daemon."""
        runs = client.raw("run.list", {"active": True, "limit": _PAGE}).get("items", ())
        return cls.of(client.raw("system.status", {}), runs)

    def has(self, run_id: str | None) -> bool:
        """Whether a live session of this run is paused."""
        return self.frozen or run_id in self.runs


def marked(client: Client, page: SessionPage) -> SessionPage:
    """The page, in which each session that is held is paused. Asks the daemon only if there is a live session."""
    if all(session.live is None for session in page.items):
        return page
    held = Pauses.now(client)
    return SessionPage(items=tuple(_marked(session, held) for session in page.items), next_cursor=page.next_cursor)


def _marked(session: Session, held: Pauses) -> Session:
    if session.live is None or not held.has(session.run_id):
        return session
    return msgspec.structs.replace(session, live=msgspec.structs.replace(session.live, paused=True))
