"""A plan as an agent's last words: JSON in any usual wrapping (``api/text/plan_text.py``).

Agents without a tool for structured output end their turn with it. What only tries to be a plan is handed on too: the planner
then hears what is wrong with it (``core/work/planning.py``).
"""

from maestrod.api.text.plan_text import document_in
from maestrod.core.values.signs import PlanOffered

#: Characters of a plan; the socket takes plans of 4 MiB, no model writes one this long (our choice).
LONGEST = 1 << 20


def plans_in(text: object) -> tuple[PlanOffered, ...]:
    """The document in a message, or nothing when it is prose."""
    if not isinstance(text, str) or len(text) > LONGEST:
        return ()
    document = document_in(text)
    return () if document is None else (PlanOffered(document),)
