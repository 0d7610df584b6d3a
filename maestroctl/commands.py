"""The names at the top of the command tree, as data: help and completion list them without importing any."""

from collections.abc import Mapping

PROGRAM = "maestroctl"

#: Hand-made verbs: the module in ``verbs/`` has a function ``command``, or several and a mapping ``COMMANDS``; see also ``SHARED``.
VERBS: Mapping[str, str] = {
    "run": "Run a request, a task or a plan and watch it until it is done",
    "watch": "Watch and steer everything, full screen; or one run until it is done",
    "status": "Show the daemon, runs, sessions and what waits for you",
    "spawn": "Start an agent on tasks",
    "logs": "Print what a session wrote",
    "attach": "Sit at a session's terminal",
    "send": "Send a prompt to an agent, or keys to its terminal",
    "stop": "Stop a session, a run or a task, and everything it started",
    "pause": "Hold a session or a run still",
    "resume": "Let a paused session or run go on",
    "retry": "Try a failed task again",
    "freeze": "Emergency stop: start nothing, hold every session",
    "thaw": "Go on after an emergency stop",
    "wait": "Wait until a run or a task has ended",
    "why": "Say why a session, a task or a run is in the state it is in",
    "inbox": "List what waits for you",
    "answer": "Answer a question of the inbox",
    "event": "Report an event of an agent (what hooks call), or list events",
    "hooks": "Install, show and remove hooks of agents you start yourself",
    "daemon": "Start, stop and install the daemon",
    "doctor": "Check that everything is as it should be",
    "store": "Check, export and import the store",
    "ui": "Open the web page",
    "config": "Show the configuration and where each value came from",
    "rpc": "Call any method by its name",
    "completion": "Print the completion script of a shell",
    "uninstall": "Remove what maestrod put outside of its package",
}

#: Nouns whose commands are generated from the method rows; hand-made commands of the same noun win.
NOUNS: Mapping[str, str] = {
    "project": "Folders work happens in",
    "task": "Tasks and the tree of them",
    "session": "Agents at work",
    "message": "Prompts on their way to agents",
    "queue": "Tasks claimed one at a time",
    "plan": "Plans and what the linter says of them",
    "attention": "Questions to people",
    "permission": "What agents want to do and may not by themselves",
    "skill": "Instructions agents are given",
    "persona": "Skilled agents",
    "agent": "Agents there are",
    "token": "Who may come in from elsewhere",
    "system": "The daemon itself",
}

#: Commands of generated nouns that are made by hand: ``verbs/<module>.py``.
HAND_MADE: Mapping[str, str] = {"plan": "plan", "attention": "attention", "token": "token"}

#: Verbs that share a file of ``verbs/``, which has a function named after each.
SHARED: Mapping[str, str] = {"pause": "hold", "resume": "hold", "freeze": "hold", "thaw": "hold"}
