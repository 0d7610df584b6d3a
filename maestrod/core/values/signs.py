"""What agents let us know, in one vocabulary: hooks, output streams and screens of every agent are read into these signs.

Theory. Each agent tells something else in another way, and none tells everything: hooks get lost, arrive twice or late, and
some things (Esc, an error of the API) send nothing at all. So an adapter only translates; what a sign means for a session is
decided here in the core, by rules that any gap, repetition or order cannot harm (``sign_rules.py``). Texts are cut by the
adapters (``TEXT``, ``LINE``), so that a decision stays small whatever an agent prints.
"""

import enum

import msgspec

#: Characters of a message kept with a sign, and of a one-line description.
TEXT = 4_000
LINE = 200


class Sign(msgspec.Struct, frozen=True, tag=True):
    """Base of all signs."""


class Started(Sign, frozen=True):
    """The agent is up, or has begun another conversation in the same process (``how`` is ``clear``).

    ``how`` is ``startup``, ``resume``, ``clear`` or ``fork``. A compaction is no start: see ``Compacted``.
    """

    agent_session_id: str | None = None
    how: str = "startup"


class TurnStarted(Sign, frozen=True):
    """The agent has taken a prompt and works on it. ``prompt`` is its beginning; ``machine`` when no person and not we wrote it."""

    prompt: str = ""
    machine: bool = False


class Outcome(enum.Enum):
    """How a turn ended by the agent's own word."""

    COMPLETED = "completed"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    LIMIT = "limit"


class TurnEnded(Sign, frozen=True):
    """The agent has ended a turn. ``text`` is its last message; ``background`` counts what still runs of it (None: it does not say).

    ``code`` names a failure in the agent's own words (``api_error``, ``max_turns``), ``detail`` explains it.
    """

    outcome: Outcome = Outcome.COMPLETED
    code: str = ""
    detail: str = ""
    text: str = ""
    background: int | None = None


class BackgroundChanged(Sign, frozen=True):
    """What runs beside the agent's turns (subagents, commands) and will begin another turn when it ends; ``count`` of it."""

    count: int


class ToolStarted(Sign, frozen=True):
    """A tool is about to run. ``key`` joins start and end where the agent gives one; ``summary`` is one line: the command, the path."""

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
    """The agent wants to do something and may not by itself.

    ``key`` identifies the question to the agent (the id its answer must carry); ``input`` is the tool's input as JSON, cut;
    ``whole`` says that it is all of the input, byte for byte: nothing was cut, left out or replaced.
    ``waits`` says that the agent waits for an answer by the channel it asked on; without it we only know that it shows a dialog.
    """

    tool: str
    summary: str = ""
    input: str = ""
    key: str = ""
    waits: bool = False
    whole: bool = False


class PermissionSettled(Sign, frozen=True):
    """A question was answered at the agent's own dialog or withdrawn. Without ``key`` all that are open."""

    key: str = ""
    allowed: bool | None = None


class InputAsked(Sign, frozen=True):
    """The agent shows a dialog or waits for a person (idle prompt, elicitation, trust dialog)."""

    message: str
    key: str = ""


class SubagentStarted(Sign, frozen=True):
    """The agent has started a helper of its own."""

    name: str
    key: str = ""


class SubagentEnded(Sign, frozen=True):
    """A helper has ended; starts and ends need not come in pairs."""

    name: str
    key: str = ""


class Compacted(Sign, frozen=True):
    """The agent has summed up its conversation to make room; the session goes on."""


class TodoChanged(Sign, frozen=True):
    """The agent's own list of what it wants to do."""

    done: int
    total: int
    text: str = ""


class LimitReached(Sign, frozen=True):
    """The provider refuses for a while. ``resets_at`` is when it ends (ms since the epoch), None when nobody says.

    ``is_length``: what was told is how long to wait, and ``resets_at`` was reckoned from that.
    ``kind`` is ``usage`` (a plan's allowance), ``rate``, ``overloaded`` or ``billing``. ``retrying`` means that the agent tries
    again by itself and has not given up.
    """

    kind: str
    resets_at: int | None = None
    detail: str = ""
    retrying: bool = False
    is_length: bool = False


class UsageSeen(Sign, frozen=True):
    """Tokens and money (US dollars). With ``cumulative`` they are sums over the conversation since its beginning, across resumes."""

    input: int = 0
    output: int = 0
    cost: float | None = None
    cumulative: bool = False


class PlanOffered(Sign, frozen=True):
    """The agent has handed in a document that should be a plan: JSON as text, whatever its shape."""

    document: str


class Said(Sign, frozen=True):
    """Something the agent says to whoever watches."""

    text: str


class Trouble(Sign, frozen=True):
    """An error the agent reports and lives on with (a retry, a hook that failed, a tool refused)."""

    message: str
    code: str = ""


class Noted(Sign, frozen=True):
    """Something worth a line in the timeline and nothing more."""

    message: str


class ScreenShown(Sign, frozen=True):
    """What the terminal's title says: whether the agent is busy. The only sign of some interruptions."""

    busy: bool


class Leaving(Sign, frozen=True):
    """The agent says that it ends. A hint only: the end of its process is the truth."""

    reason: str = ""


class Reading(msgspec.Struct, frozen=True):
    """What was read from one hook or one line. ``agent_session_id`` and ``cwd`` find the session of an agent started by hand."""

    signs: tuple[Sign, ...] = ()
    agent_session_id: str | None = None
    cwd: str | None = None


#: What says nothing.
NOTHING = Reading()
