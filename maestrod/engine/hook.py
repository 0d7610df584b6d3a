"""Turns a hook's payload into signs before anything is decided.

The hook names its agent, and that agent's adapter reads it. So nothing that is decided in the meantime can change the reading.
"""

from maestrod.api.event import EventReport
from maestrod.api.permission import PermissionAsk
from maestrod.core.values.command import Actor, Command
from maestrod.engine.ports import HookReader


def hook_command(read: HookReader, method: str, params: EventReport | PermissionAsk, actor: Actor) -> Command:
    """The command of ``event.report`` or ``permission.ask``, with what the agent's adapter reads in the payload."""
    return Command(method, params, actor, read(params.agent or "", params.event, params.payload))
