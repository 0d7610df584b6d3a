"""Four racing claimers on one queue, two hundred rounds: one winner each (and, waiting, none is left out or served twice)."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest

from tests.kit.daemons.daemon import Connection, Daemon, Json
from tests.kit.patience import PATIENCE

ROUNDS = 200
CLAIMERS = 4


def make_queue(daemon: Daemon, items: int) -> str:
    """A queue nobody but the test claims from: its session's agent plans, for ever."""
    with daemon.connect() as connection:
        project = connection.call("project.create", name="claims", workingDir=str(daemon.home))
        numbers = [
            connection.send("task.create", {"title": f"t{number}", "projectId": project["id"]})
            for number in range(items)
        ]
        tasks = [connection.answer(number)["id"] for number in numbers]
        session: Json = connection.call(
            "session.spawn",
            taskIds=tasks,
            role="orchestrator",
            strategy="queue",
            agent="shell",
            program=["sleep", "600"],
        )
    return str(session["id"])


def side_by_side(work: Callable[[int], None]) -> None:
    """Run the claimers; an error in one is the test's."""
    errors: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(CLAIMERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.mark.slow
def test_each_item_goes_to_exactly_one_of_four_simultaneous_claims(daemon: Daemon) -> None:
    daemon.start()
    queue = make_queue(daemon, ROUNDS)
    claims: list[list[Json]] = [[{} for _ in range(CLAIMERS)] for _ in range(ROUNDS)]
    together = threading.Barrier(CLAIMERS, timeout=PATIENCE)

    def claim(number: int) -> None:
        try:
            with daemon.connect() as connection:
                for claimed in claims:
                    together.wait()
                    claimed[number] = connection.call("queue.next", sessionId=queue)
                    together.wait()
                    if claimed[number]["item"]:
                        connection.call("queue.complete", sessionId=queue, taskId=claimed[number]["item"]["taskId"])
        except BaseException:
            together.abort()
            raise

    side_by_side(claim)
    winners = [[claim["item"]["taskId"] for claim in claimed if claim["item"]] for claimed in claims]
    assert {len(round_) for round_ in winners} == {1}
    assert len({task for round_ in winners for task in round_}) == ROUNDS
    assert len({number for claimed in claims for number, claim in enumerate(claimed) if claim["item"]}) > 1


@pytest.mark.slow
def test_four_waiting_sessions_share_the_queue_one_item_each(daemon: Daemon) -> None:
    daemon.start()
    queue = make_queue(daemon, 100)
    taken: list[list[str]] = [[] for _ in range(CLAIMERS)]

    def work(number: int) -> None:
        with daemon.connect() as connection:
            while (item := next_item(connection, queue)) is not None:
                taken[number].append(item)
                connection.call("queue.complete", sessionId=queue, taskId=item)

    side_by_side(work)
    assert Counter(item for items in taken for item in items).most_common(1)[0][1] == 1
    assert sum(map(len, taken)) == 100
    moves = [event["data"]["status"] for event in daemon.history() if event["type"] == "queue.item"]
    assert moves == ["processing", "completed"] * 100


def next_item(connection: Connection, queue: str) -> str | None:
    claim = connection.call("queue.next", sessionId=queue, wait=True)
    return claim["item"]["taskId"] if claim["item"] else None
