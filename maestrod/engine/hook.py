"""Turns a hook's payload into signs before anything is decided.

The hook names its agent, whose adapter reads the payload. So decisions made in the meantime cannot change the reading.
"""

from maestrod.api.event import EventReport
from maestrod.api.permission import PermissionAsk
from maestrod.core.values.command import Actor, Command
from maestrod.engine.ports import HookReader


def hook_command(read: HookReader, method: str, params: EventReport | PermissionAsk, actor: Actor) -> Command:
    """The command of ``event.report`` or ``permission.ask``, with the adapter's reading of the payload."""
    return Command(method, params, actor, read(params.agent or "", params.event, params.payload))
