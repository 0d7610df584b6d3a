"""The usage of a run: the sum over its sessions, stored with the run, so that every surface shows the same number."""

from maestrod.core.world.draft import Draft


def add_up(draft: Draft) -> None:
    """Update the sums of the runs whose sessions reported usage in this decision."""
    while draft.spent:
        run_id, _ = draft.spent.popitem()
        run = draft.world.runs.get(run_id)
        if run is not None:
            draft.change(run, usage=draft.world.by_session.usage_of(run_id), updated_at=run.updated_at)
