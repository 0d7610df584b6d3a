"""What agents report, in one vocabulary: adapters translate the hooks, output and screen of every agent into these signs.

Each agent reports different things in a different way, and none reports everything: hooks get lost, arrive twice or late, and
some events (Esc, an API error) send nothing at all. So an adapter only translates. The core decides what a sign means for a
session, by rules that tolerate gaps, repetition and any order (``sign_rules.py``). Adapters cut texts
(``TEXT``, ``LINE``), so that a decision stays small whatever an agent prints.
"""

import msgspec

from maestrod.api.turn import Outcome

#: Maximum characters of a message kept with a sign, and of a one-line description.
TEXT = 4_000
LINE = 200


class Sign(msgspec.Struct, frozen=True, tag=True):
    """Base of all signs."""


class Started(Sign, frozen=True):
    """The agent has started, or has begun another conversation in the same process (``how`` is ``clear``).

    ``how`` is ``startup``, ``resume``, ``clear`` or ``fork``. A compaction is not a start: see ``Compacted``.
    """

    agent_session_id: str | None = None
    how: str = "startup"


class TurnStarted(Sign, frozen=True):
    """The agent has taken a prompt and works on it.

    ``prompt`` is the beginning of its text. ``machine``: neither a person nor the daemon wrote it.
    """

    prompt: str = ""
    machine: bool = False


class TurnEnded(Sign, frozen=True):
    """The agent has ended a turn. ``text`` is its last message; ``background`` counts what it still runs (None: unknown).

    ``code`` names a failure in the agent's own words (``api_error``, ``max_turns``), ``detail`` explains it.
    """

    outcome: Outcome = Outcome.COMPLETED
    code: str = ""
    detail: str = ""
    text: str = ""
    background: int | None = None


class BackgroundChanged(Sign, frozen=True):
    """The number of things (subagents, commands) that run beside the agent's turns and begin another turn when they end."""

    count: int


class ToolStarted(Sign, frozen=True):
    """A tool is about to run. ``key`` joins start and end if the agent gives one; ``summary`` is one line, such as the command
    or the path.
    """

    name: str
    summary: str = ""
    key: str = ""


class ToolEnded(Sign, frozen=True):
    """A tool has run. ``ok`` is None when the agent does not say."""

    name: str
    ok: bool | None = None
    detail: str = ""
    key: str = ""


class PermissionAsked(Sign, frozen=True):
    """The agent asks for permission to use a tool.

    ``key`` identifies the question to the agent (its answer must carry this id). ``input`` is the tool's input as JSON, cut to
    size; ``whole`` says that it is the complete input, byte for byte: nothing was cut, left out or replaced. ``waits``: the
    agent waits for an answer on the channel it asked on. Without it, the agent only shows a dialog.
    """

    tool: str
    summary: str = ""
    input: str = ""
    key: str = ""
    waits: bool = False
    whole: bool = False


class PermissionSettled(Sign, frozen=True):
    """A question was answered in the agent's own dialog, or withdrawn. Without ``key``, all open questions."""

    key: str = ""
    allowed: bool | None = None


class InputAsked(Sign, frozen=True):
    """The agent shows a dialog or waits for a person (idle prompt, elicitation, trust dialog)."""

    message: str
    key: str = ""


class SubagentStarted(Sign, frozen=True):
    """The agent has started a subagent."""

    name: str
    key: str = ""


class SubagentEnded(Sign, frozen=True):
    """A subagent has ended. Starts and ends need not come in pairs."""

    name: str
    key: str = ""


class Compacted(Sign, frozen=True):
    """The agent has summarised its conversation to free context; the session continues."""


class TodoChanged(Sign, frozen=True):
    """The agent's own to-do list has changed."""

    done: int
    total: int
    text: str = ""


class LimitReached(Sign, frozen=True):
    """The provider refuses requests for a while. ``resets_at`` is the end (ms since the epoch), None if unknown.

    ``is_length``: the provider reported a duration, from which ``resets_at`` was computed.
    ``kind`` is ``usage`` (a subscription's allowance), ``rate``, ``overloaded`` or ``billing``. ``retrying``: the agent
    retries by itself and has not given up.
    """

    kind: str
    resets_at: int | None = None
    detail: str = ""
    retrying: bool = False
    is_length: bool = False


class UsageSeen(Sign, frozen=True):
    """Tokens and cost (US dollars). With ``cumulative`` they are sums since the conversation began, across resumes."""

    input: int = 0
    output: int = 0
    cost: float | None = None
    cumulative: bool = False


class PlanOffered(Sign, frozen=True):
    """The agent has submitted a document that should be a plan: JSON text, not yet validated."""

    document: str


class Said(Sign, frozen=True):
    """Text that the agent addresses to the user."""

    text: str


class Trouble(Sign, frozen=True):
    """An error that the agent reports and survives (a retry, a failed hook, a refused tool)."""

    message: str
    code: str = ""


class Noted(Sign, frozen=True):
    """A line for the timeline, without further meaning."""

    message: str


class ScreenShown(Sign, frozen=True):
    """Whether the agent is busy, as the terminal's title shows it. Some interruptions give no other sign."""

    busy: bool


class Leaving(Sign, frozen=True):
    """The agent says that it is about to exit. Only a hint: the end of its process decides."""

    reason: str = ""


class Reading(msgspec.Struct, frozen=True):
    """What an adapter read from one hook or one line. ``agent_session_id`` and ``cwd`` find the session of an agent started by
    hand.
    """

    signs: tuple[Sign, ...] = ()
    agent_session_id: str | None = None
    cwd: str | None = None


#: A reading without signs.
NOTHING = Reading()
