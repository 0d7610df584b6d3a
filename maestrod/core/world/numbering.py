"""The small numbers by which users refer to runs and questions. A number is never reused; the last one is stored in ``System``."""

import msgspec

from maestrod.core.values import attention_options
from maestrod.core.world.draft import Draft


def next_run(draft: Draft) -> int:
    """The number of a new run."""
    system = draft.world.system
    return draft.change(system, last_run=system.last_run + 1).last_run


def next_question(draft: Draft) -> int:
    """The number of a new question."""
    system = draft.world.system
    return draft.change(system, last_question=system.last_question + 1).last_question


def catch_up(draft: Draft) -> None:
    """Complete the entities of an older version that have not ended: give runs a number and title, questions a number and
    terms.
    """
    for id_ in sorted(draft.world.unnumbered):
        if id_ in draft.world.runs:
            run = draft.run(id_)
            root = draft.world.tasks.get(run.root_task_id)
            draft.put(
                msgspec.structs.replace(run, number=next_run(draft), title=root.title if root is not None else "")
            )
        else:
            question = draft.question(id_)
            terms = attention_options.free_text(question.kind, question.options, question.tool)
            draft.put(msgspec.structs.replace(question, number=next_question(draft), free_text=terms))
