"""``maestroctl config show``: the configuration, and where each value came from."""

from typing import Annotated

import typer

from maestroctl.client.caller import Caller
from maestroctl.verbs.options import Json
from maestroctl.verbs.store import offline


def show(
    *,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value came from.")] = False,
    as_json: Json = False,
) -> int:
    """Show the configuration the daemon would start with here."""
    flags = [*(["--origin"] if origin else []), *(["--json"] if as_json else [])]
    return offline(Caller.here(), ["config", *flags])


COMMANDS = {"show": show}
