"""The names at the top of the command tree, as data: help and completion list them without importing any."""

from collections.abc import Mapping

PROGRAM = "maestroctl"

#: Hand-made verbs: the module in ``verbs/`` has a function ``command``, or several and a mapping ``COMMANDS``; see also ``SHARED``.
VERBS: Mapping[str, str] = {
    "run": "Run a request, a task or a plan, and follow it to the end",
    "watch": "Watch and steer all work in full screen, or follow one run",
    "status": "Show the daemon, runs, sessions and open questions",
    "spawn": "Start an agent on tasks",
    "logs": "Print a session's output",
    "attach": "Attach to a session's terminal",
    "send": "Send a prompt to an agent, or keys to its terminal",
    "stop": "Stop a session, a run or a task with all its processes",
    "pause": "Pause a session or a run",
    "resume": "Resume a paused session or run",
    "retry": "Retry a failed task or run",
    "freeze": "Pause everything at once (emergency stop)",
    "thaw": "Resume everything after an emergency stop",
    "wait": "Wait until a run or a task has ended",
    "why": "Say why a session, a task or a run has its status",
    "inbox": "List open questions",
    "answer": "Answer a question in the inbox",
    "event": "Report an event from an agent's hook, or list events",
    "hooks": "Install, show and remove hooks for agents you start yourself",
    "daemon": "Start, stop and install the daemon",
    "doctor": "Check the installation and the daemon for problems",
    "store": "Check, export and import the store",
    "ui": "Open the web page",
    "config": "Show the configuration and the origin of each value",
    "rpc": "Call any method by name",
    "completion": "Print a shell's completion script",
    "uninstall": "Remove everything maestrod created outside its package",
}

#: Nouns whose commands are generated from the method rows; hand-made commands of the same noun win.
NOUNS: Mapping[str, str] = {
    "project": "Manage projects",
    "task": "Manage tasks",
    "session": "Manage sessions",
    "message": "Manage prompts on their way to agents",
    "queue": "Manage tasks that are claimed one at a time",
    "plan": "Check, submit, approve and reject plans",
    "attention": "Ask people questions, list and answer them",
    "permission": "Ask for permission as an agent's hook does",
    "skill": "List and show skills",
    "persona": "List personas",
    "agent": "List agents",
    "token": "Manage remote access tokens",
    "system": "Show, check, freeze and stop the daemon",
}

#: The names in ``--help``, by what a user does. Each name has one place (a test checks).
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "Runs": ("run", "watch", "status", "why", "wait", "stop", "pause", "resume", "retry", "plan"),
    "Tasks": ("task", "queue", "project"),
    "Sessions": ("session", "spawn", "attach", "logs", "send", "message"),
    "Questions": ("inbox", "answer", "attention", "permission"),
    "Daemon": ("daemon", "freeze", "thaw", "doctor", "store", "system"),
    "Setup": ("agent", "hooks", "persona", "skill", "config", "token", "ui", "completion", "uninstall"),
    "Scripting": ("rpc", "event"),
}

#: Commands of generated nouns that are made by hand: ``verbs/<module>.py``.
HAND_MADE: Mapping[str, str] = {"plan": "plan", "attention": "attention", "token": "token"}

#: Verbs that share a file of ``verbs/``, which has a function named after each.
SHARED: Mapping[str, str] = {"pause": "hold", "resume": "hold", "freeze": "hold", "thaw": "hold"}
