"""What a run has used: the sum over its sessions, kept at the run, so that every surface shows the same figure."""

from maestrod.core.world.draft import Draft


def add_up(draft: Draft) -> None:
    """Bring the sums of the runs up to date whose sessions have told of usage in this decision."""
    while draft.spent:
        run_id, _ = draft.spent.popitem()
        run = draft.world.runs.get(run_id)
        if run is not None:
            draft.change(run, usage=draft.world.by_session.usage_of(run_id), updated_at=run.updated_at)
