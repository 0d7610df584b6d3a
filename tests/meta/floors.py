"""The house: every room, bottom first, what it is for, and which rooms below it knows and why.

A room is a package, or a module that stands alone; a module belongs to the room with the longest name that fits. Who knows a package
knows every room in it. Programs that run alone (``STANDALONE`` in ``test_floors.py``) are no rooms: they import nothing.
"""

from typing import NamedTuple


class Floor(NamedTuple):
    """What a room is for, and why it knows each of the rooms below."""

    purpose: str
    knows: dict[str, str]


_CONTRACT = "entities, rows and errors"
_VOCABULARY = "commands, facts, effects, signs, the policy"
_TRANSLATES = "translates into signs, and says its traits"
_ADAPTER = "is an adapter"
_KIT = "the small ideas that adapters share"
_OUTPUT = "results go to stdout, diagnostics to stderr"
_SHOW = "one look for all commands"

#: Bottom first: a room knows only rooms that stand before it.
FLOORS = {
    # The contract, which clients can afford to import.
    "maestrod.api.errors": Floor("what a call may be refused with", {}),
    "maestrod.api.text": Floor("makes text from outside safe", {}),
    "maestrod.api.model": Floor(
        "what an entity, an id and a row are", {"maestrod.api.errors": "a row names the errors of its method"}
    ),
    "maestrod.api.local": Floor(
        "the machine that daemon and client share",
        {
            "maestrod.api.errors": "an address may be none",
            "maestrod.api.model.base": "a lock holds a record",
            "maestrod.api.text.outside_text": "addresses come from files and the environment",
        },
    ),
    "maestrod.api": Floor(
        "the nouns: their entities and the rows of their methods",
        {
            "maestrod.api.errors": "rows name errors",
            "maestrod.api.model": "entities and rows are made of it",
        },
    ),
    "maestrod.api.protocol": Floor(
        "what follows from all rows: registry, routes, framing, and the contract as a document",
        {
            "maestrod.api": "the rows",
            "maestrod.api.errors": "what a message may be refused with",
            "maestrod.api.model": "what a row is",
        },
    ),
    # The domain, pure.
    "maestrod.core.plan": Floor(
        "the linter of plans, commands and paths", {"maestrod.api": "a plan and the findings about it"}
    ),
    "maestrod.core.values": Floor("what enters and leaves a decision", {"maestrod.api": _CONTRACT}),
    "maestrod.core.world": Floor(
        "the state, its indexes, and the draft that changes it",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.plan": "unknown names are reported as the linter reports them",
            "maestrod.core.values": "a draft carries effects, a world its policy",
        },
    ),
    "maestrod.core.access": Floor(
        "who may do what",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.values": "the actor of a command, the action that a sign asks for",
            "maestrod.core.world": "how far an actor reaches depends on who started what",
        },
    ),
    "maestrod.core.prompts": Floor(
        "what agents are told, in words",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.plan": "tasks are listed in the order of the graph",
            "maestrod.core.world": "a briefing tells of a session's tasks, their links, and its siblings",
        },
    ),
    "maestrod.core.work": Floor(
        "projects, plans, runs, tasks and queues, and how they move",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.plan": "what is handed in is linted",
            "maestrod.core.values": _VOCABULARY,
            "maestrod.core.world": "rules change it through a draft",
            "maestrod.core.access": "a session reports on its own work only",
        },
    ),
    "maestrod.core.reading": Floor(
        "what the reading methods answer",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.plan": "`plan.check` only lints",
            "maestrod.core.values": "who asks",
            "maestrod.core.world": "what is read",
            "maestrod.core.access": "the list of tokens leaves out their secrets",
            "maestrod.core.work": "a project is shown with its counts and found by its folder",
        },
    ),
    "maestrod.core.session": Floor(
        "one agent at work",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.plan": "a program must be one that the kernel can start",
            "maestrod.core.values": _VOCABULARY,
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
            "maestrod.core.values": "a command or a fact comes in",
            "maestrod.core.world": "a decision is made on a draft",
            "maestrod.core.access": "who asks is checked before any rule runs",
            "maestrod.core.work": "rules of work; tasks, runs and queues come to rest",
            "maestrod.core.session": "rules of sessions; turns advance, units get sessions",
        },
    ),
    # Agents: data and pure functions per command line.
    "maestrod.agents.settings": Floor("what the configuration says of an agent", {"maestrod.api": "named values"}),
    "maestrod.agents.adapter": Floor(
        "what an agent is to the daemon",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.values": "signs and traits are its words",
            "maestrod.core.prompts": "a launch is given a manifest",
        },
    ),
    "maestrod.agents.kit": Floor(
        "small ideas that adapters share; knows no agent",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.values": "signs are made here",
            "maestrod.core.prompts": "writes the manifest for the agent to read",
            "maestrod.agents.adapter": "launches and judgements",
        },
    ),
    "maestrod.agents.catalog": Floor(
        "skills and personas found in folders",
        {
            "maestrod.api": "skills and personas",
            "maestrod.core.values.seen": "says which names a plan may use",
            "maestrod.agents.adapter": "asks every agent where it looks for skills",
        },
    ),
    "maestrod.agents.shell": Floor(
        "the shell, custom commands, and agents nobody reads",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.values": _TRANSLATES,
            "maestrod.agents.settings": "a custom agent is made of settings",
            "maestrod.agents.adapter": _ADAPTER,
            "maestrod.agents.kit": _KIT,
        },
    ),
    "maestrod.agents.claude": Floor(
        "Claude Code",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.plan": "a planner is given the schema of plans",
            "maestrod.core.prompts": "skills of a manifest become skills of the agent",
            "maestrod.core.values": _TRANSLATES,
            "maestrod.agents.adapter": _ADAPTER,
            "maestrod.agents.kit": _KIT,
        },
    ),
    "maestrod.agents.codex": Floor(
        "Codex",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.plan": "a planner is given the schema of plans",
            "maestrod.core.values": _TRANSLATES,
            "maestrod.agents.adapter": _ADAPTER,
            "maestrod.agents.kit": _KIT,
        },
    ),
    "maestrod.agents.gemini": Floor(
        "Gemini CLI",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.values": _TRANSLATES,
            "maestrod.agents.adapter": _ADAPTER,
            "maestrod.agents.kit": _KIT,
        },
    ),
    "maestrod.agents.opencode": Floor(
        "OpenCode",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.values": _TRANSLATES,
            "maestrod.agents.adapter": _ADAPTER,
            "maestrod.agents.kit": _KIT,
        },
    ),
    "maestrod.agents": Floor(
        "the registry, the one place that names all agents",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.plan": "an unknown agent is reported with the nearest name",
            "maestrod.core.values": "the traits of all agents go into the policy",
            "maestrod.agents.settings": "custom agents are configured",
            "maestrod.agents.adapter": "what all of them are",
            "maestrod.agents.shell": "is registered",
            "maestrod.agents.claude": "is registered",
            "maestrod.agents.codex": "is registered",
            "maestrod.agents.gemini": "is registered",
            "maestrod.agents.opencode": "is registered",
        },
    ),
    # The daemon around the domain.
    "maestrod.config": Floor(
        "settings are values, read once",
        {"maestrod.api": "errors and names", "maestrod.agents.settings": "custom agents are settings"},
    ),
    "maestrod.host": Floor(
        "asks the machine: lock, socket path, peer, service manager, log, folders",
        {
            "maestrod.api": "addresses and errors",
            "maestrod.core.values.folders": "describes folders as the domain knows them",
            "maestrod.core.values.seen": "looks for what a decision has to see",
        },
    ),
    "maestrod.store": Floor(
        "journal, readable files, recovery",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.values": "a world is loaded with its policy",
            "maestrod.core.world": "a replay is the live code",
        },
    ),
    "maestrod.sessions": Floor("holds processes and knows nothing of tasks: what to start is told to it", {}),
    "maestrod.engine": Floor(
        "the single writer, timers, bus; knows store and sessions by its ports only",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.decide": "what a command means",
            "maestrod.core.values": _VOCABULARY,
            "maestrod.core.world": "owns the world and its deadlines",
        },
    ),
    "maestrod.rpc": Floor(
        "a handler turns params into a command",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.core.rules": "which methods have a rule",
            "maestrod.core.access": "who speaks is found by a token",
            "maestrod.core.reading": "which methods are answered without a decision",
            "maestrod.core.session": "a hook waits until its permission is decided",
            "maestrod.core.values": "makes commands",
            "maestrod.core.world": "looks things up to answer",
            "maestrod.engine": "one call for each request",
        },
    ),
    "maestrod.supervisor": Floor(
        "carries effects out by custody and tells the engine what came of them; knows no client",
        {
            "maestrod.api": _CONTRACT,
            "maestrod.config": "patience and places of launches",
            "maestrod.core.access": "gives each session its token",
            "maestrod.core.prompts": "briefs an agent",
            "maestrod.core.session": "how a permission is worded for its agent",
            "maestrod.core.values": "effects in, facts out",
            "maestrod.core.work.pause": "who is held still when it starts",
            "maestrod.core.world": "looks at the sessions it carries",
            "maestrod.agents.adapter": "asks the adapter how",
            "maestrod.agents.catalog": "the skills of a session",
            "maestrod.agents.kit": "the environment of an agent; lines that are too long",
            "maestrod.engine": "tells it facts",
            "maestrod.host.inherited": "what an agent keeps of the daemon's environment",
            "maestrod.sessions": "custody holds the processes",
        },
    ),
    # The two doors.
    "maestrod.transport": Floor("what both doors share: bounds on connections and on what waits to be written", {}),
    "maestrod.transport.unix": Floor(
        "the Unix socket; knows nothing of HTTP",
        {
            "maestrod.api": "framing",
            "maestrod.host.peer": "the kernel says who is at the other end",
            "maestrod.rpc": "messages go to the dispatcher",
            "maestrod.transport": "answers and events go out, within bounds",
        },
    ),
    "maestrod.transport.bridge": Floor(
        "HTTP, WebSocket and the page; does not know the Unix socket",
        {
            "maestrod.api": "routes, framing, addresses",
            "maestrod.config": "opens its ports as the settings say",
            "maestrod.host": "the kernel says who is at the other end; where its files are",
            "maestrod.rpc": "every request becomes a call of the same dispatcher",
            "maestrod.transport": "answers and events go out, within bounds",
        },
    ),
    # The command line.
    "maestroctl.output": Floor("the one place that writes to the user's terminal", {}),
    "maestroctl.event_script": Floor("runs the hook script; nothing of ours may cost it time", {}),
    "maestroctl.lines": Floor("short answers on the fast path that agents take", {"maestroctl.output": _OUTPUT}),
    "maestroctl.install": Floor(
        "files of the user's; works without a daemon", {"maestrod.api": "addresses and errors"}
    ),
    "maestroctl.client": Floor(
        "reaches the daemon; shows nothing",
        {
            "maestrod.api": "rows, framing, addresses",
            "maestroctl.output": _OUTPUT,
            "maestroctl.install": "starts the installed service when it is needed",
        },
    ),
    "maestroctl.show": Floor(
        "turns what the client brings into text",
        {"maestrod.api": "entities", "maestroctl.output": _OUTPUT, "maestroctl.client": "follows a run"},
    ),
    "maestroctl.generated": Floor(
        "a command for each row",
        {
            "maestrod.api": "the rows",
            "maestroctl.output": _OUTPUT,
            "maestroctl.lines": "the short answers",
            "maestroctl.client": "the call",
            "maestroctl.show": _SHOW,
        },
    ),
    "maestroctl.attach": Floor(
        "bytes between two terminals",
        {
            "maestrod.api": "a session and its terminal",
            "maestroctl.output": _OUTPUT,
            "maestroctl.client": "the stream",
            "maestroctl.show": _SHOW,
        },
    ),
    "maestroctl.screen": Floor(
        "shows everything at once",
        {
            "maestrod.api": "entities",
            "maestroctl.output": _OUTPUT,
            "maestroctl.client": "events and calls",
            "maestroctl.show": _SHOW,
            "maestroctl.attach": "goes to a session's terminal",
        },
    ),
    "maestroctl.verbs": Floor(
        "the commands made by hand",
        {
            "maestrod.api": "params and entities",
            "maestroctl.output": _OUTPUT,
            "maestroctl.event_script": "`event` runs it",
            "maestroctl.lines": "the short answers",
            "maestroctl.install": "`service` and `hooks` write files",
            "maestroctl.client": "the calls",
            "maestroctl.show": _SHOW,
            "maestroctl.attach": "`attach`",
            "maestroctl.screen": "`watch`",
        },
    ),
    "maestroctl": Floor(
        "finds the command, and answers the most frequent ones without loading the rest",
        {
            "maestrod.api": "hooks start it hundreds of times a day: trio alone costs more than the whole call",
            "maestroctl.output": _OUTPUT,
            "maestroctl.event_script": "a hook's call ends there",
            "maestroctl.lines": "the short answers",
            "maestroctl.client": "the call",
            "maestroctl.generated": "one command for each row",
        },
    ),
}
