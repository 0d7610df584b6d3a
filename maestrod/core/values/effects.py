"""What a decision wants done outside: values, run by others once the decision is durable.

What comes of an effect returns as a fact (``facts.py``) through the engine's one inbox.
"""

import msgspec


class Effect(msgspec.Struct, frozen=True, tag=True):
    """Base of all effects."""


class Launch(Effect, frozen=True):
    """Start the agent of a session. Safe to repeat: an attempt is started once."""

    session_id: str
    attempt: int


class Stop(Effect, frozen=True):
    """Stop a session's whole process tree by the ladder."""

    session_id: str
    attempt: int


class Watch(Effect, frozen=True):
    """Follow the process of an external session, which is not ours, until it has ended."""

    session_id: str
    attempt: int
    pid: int


class Signal(Effect, frozen=True):
    """Send a signal (``STOP`` or ``CONT``) to a session's whole process tree."""

    session_id: str
    attempt: int
    signal: str


class Deliver(Effect, frozen=True):
    """Write a message to a session's agent. It counts as delivered already; safe to repeat, what was written is not written again."""

    session_id: str
    attempt: int
    message_id: str


class Decide(Effect, frozen=True):
    """Bring the answer of a question to the agent that waits for it on its stream. Safe to repeat."""

    session_id: str
    attempt: int
    attention_id: str


class CloseInput(Effect, frozen=True):
    """Tell a session's agent that no more prompts come. Safe to repeat."""

    session_id: str
    attempt: int


class Probe(Effect, frozen=True):
    """Look whether an agent that says nothing still works: its output, its files, its processor time."""

    session_id: str
    attempt: int
