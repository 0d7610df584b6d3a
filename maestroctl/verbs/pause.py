"""``maestroctl pause``."""

from typing import Annotated

import typer

from maestroctl.verbs.hold import act
from maestroctl.verbs.options import Json


def command(
    *,
    subject: Annotated[str, typer.Argument(metavar="SESSION|RUN", help="An id or a unique part of it.")],
    as_json: Json = False,
) -> int:
    """Hold a session or a run still: nothing of it starts, what runs is stopped where it stands."""
    return act(subject, "pause", as_json=as_json)
