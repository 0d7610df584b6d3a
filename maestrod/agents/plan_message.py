"""A plan as an agent's last words: one JSON document, alone or in a fenced block.

Agents without a tool for structured output end their turn with it. What only looks like a document is handed on too: the
planner then hears what is wrong with it (``core/planning.py``).
"""

import re

from maestrod.core.signs import PlanOffered

#: Characters of a plan; the socket takes plans of 4 MiB, no model writes one this long (our choice).
LONGEST = 1 << 20
_FENCED = re.compile(r"```(?:json)?[ \t]*\n(\{.*\})\s*```", re.DOTALL)


def plans_in(text: object) -> tuple[PlanOffered, ...]:
    """The document in a message, or nothing when it is prose."""
    if not isinstance(text, str) or len(text) > LONGEST:
        return ()
    document = text.strip()
    fenced = _FENCED.search(document)
    if fenced is not None:
        document = fenced[1]
    return (PlanOffered(document),) if document.startswith("{") and document.endswith("}") else ()
