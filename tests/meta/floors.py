"""The house: every room, bottom first, what it is for, and which rooms below it knows and why.

A room is a package, or a module that stands alone. A module belongs to the room with the longest name that fits. Programs that run
alone (``STANDALONE`` in ``test_floors.py``) are no rooms: they import nothing.
"""

from typing import NamedTuple

_CONTRACT = "entities, rows and errors of the contract"
_VALUES = "commands, facts, effects, signs and the policy"


class Floor(NamedTuple):
    """What a room is for, and why it knows each room below it."""

    purpose: str
    knows: dict[str, str]


#: Bottom first: a room knows only rooms above it in this table.
FLOORS = {
    "maestrod.api": Floor("the contract stands on nothing, so that every client can afford it", {}),
    # The domain, pure.
    "maestrod.core.plan": Floor(
        "the linter of plans, commands and paths",
        {"maestrod.api": "a plan and the findings about it"},
    ),
    "maestrod.core.values": Floor(
        "what enters and leaves a decision",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.plan": "the policy carries the names that the linter knows",
        },
    ),
    "maestrod.core.world": Floor(
        "the state, its indexes, and the draft that changes it",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.plan": "names are checked and guessed as the linter does",
            "maestrod.core.values": "a draft carries effects, a world its policy",
        },
    ),
    "maestrod.core.access": Floor(
        "who may do what",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.values": "the actor of a command, the action that a sign asks for",
            "maestrod.core.world": "how far an actor reaches depends on what is related to what",
        },
    ),
    "maestrod.core.prompts": Floor(
        "what agents are told, in words",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.plan": "tasks are listed in the order of the graph",
            "maestrod.core.world": "a briefing is made of a session's tasks, links and siblings",
        },
    ),
    "maestrod.core.work": Floor(
        "projects, plans, runs, tasks and queues, and how they move",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.plan": "what is handed in is linted",
            "maestrod.core.values": _VALUES,
            "maestrod.core.world": "rules change it through a draft",
            "maestrod.core.access": "a session reports on its own work only",
        },
    ),
    "maestrod.core.reading": Floor(
        "what the reading methods answer",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.plan": "`plan check` only lints",
            "maestrod.core.values": "who asks",
            "maestrod.core.world": "what is read",
            "maestrod.core.access": "the list of tokens leaves out their secrets",
            "maestrod.core.work": "a project is shown with its counts, and found by its folder",
        },
    ),
    "maestrod.core.session": Floor(
        "one agent at work",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.plan": "a program must be one that the kernel can start",
            "maestrod.core.values": _VALUES,
            "maestrod.core.world": "rules change it through a draft",
            "maestrod.core.access": "an orchestrator starts and asks only what is its own",
            "maestrod.core.prompts": "a turn may begin with a reminder",
            "maestrod.core.work": "the end of a session settles its tasks, its queue and its plan",
        },
    ),
    "maestrod.core": Floor(
        "finds the rule, brings the world to rest, gives out the slots",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.values": "a command or a fact comes in, a decision goes out",
            "maestrod.core.world": "a decision is made on a draft",
            "maestrod.core.access": "who asks is checked before any rule runs",
            "maestrod.core.work": "rules of work; roll-up and plans come to rest",
            "maestrod.core.session": "rules of sessions; turns advance, units get sessions",
        },
    ),
}
