"""What a decision wants done outside the daemon, as values. The supervisor carries effects out once the decision is durable.

The result of an effect returns as a fact (``facts.py``) through the engine's inbox.
"""

import msgspec


class Effect(msgspec.Struct, frozen=True, tag=True):
    """Base of all effects."""


class Launch(Effect, frozen=True):
    """Start a session's agent. Safe to repeat: an attempt starts only once."""

    session_id: str
    attempt: int


class Stop(Effect, frozen=True):
    """Stop a session's whole process tree with the stop ladder."""

    session_id: str
    attempt: int


class Watch(Effect, frozen=True):
    """Follow the process of an external session, which the daemon did not start, until it ends."""

    session_id: str
    attempt: int
    pid: int


class Signal(Effect, frozen=True):
    """Send a signal (``STOP`` or ``CONT``) to a session's whole process tree."""

    session_id: str
    attempt: int
    signal: str


class Deliver(Effect, frozen=True):
    """Write a message to a session's agent. It already counts as delivered. Safe to repeat: a message is written only once."""

    session_id: str
    attempt: int
    message_id: str


class Decide(Effect, frozen=True):
    """Send the answer of a question to the agent that waits for it on its stream. Safe to repeat."""

    session_id: str
    attempt: int
    attention_id: str


class CloseInput(Effect, frozen=True):
    """Close the standard input of a session's agent: no more prompts follow. Safe to repeat."""

    session_id: str
    attempt: int


class Probe(Effect, frozen=True):
    """Check whether a silent agent still works: by its output, its files and its CPU time."""

    session_id: str
    attempt: int
