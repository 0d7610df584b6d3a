"""Finds a plan in an agent's last message: JSON in any usual wrapping (``api/text/plan_text.py``).

Agents without a tool for structured output end their turn with it. A broken plan is passed on too, so that the planner
learns what is wrong with it (``core/work/planning.py``).
"""

from maestrod.api.text.plan_text import document_in
from maestrod.core.values.signs import PlanOffered

#: Maximum characters of a plan; the socket accepts 4 MiB, but no model writes a plan this long (our choice).
LONGEST = 1 << 20


def plans_in(text: object) -> tuple[PlanOffered, ...]:
    """The plan document in a message; empty when the message is prose."""
    if not isinstance(text, str) or len(text) > LONGEST:
        return ()
    document = document_in(text)
    return () if document is None else (PlanOffered(document),)
