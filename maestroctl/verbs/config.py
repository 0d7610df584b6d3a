"""``maestroctl config show``: the configuration and the origin of each value."""

from typing import Annotated

import typer

from maestroctl.client.caller import Caller
from maestroctl.verbs.options import Json
from maestroctl.verbs.store import offline


def show(
    *,
    origin: Annotated[bool, typer.Option("--origin", help="Show the origin of each value.")] = False,
    as_json: Json = False,
) -> int:
    """Show the configuration that the daemon would start with here."""
    flags = [*(["--origin"] if origin else []), *(["--json"] if as_json else [])]
    return offline(Caller.of_this_process(), ["config", *flags])


COMMANDS = {"show": show}
