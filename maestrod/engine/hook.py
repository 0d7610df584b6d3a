"""What a hook says, read at the edge: its payload becomes signs before anything is decided.

Which adapter reads depends on the agent that the hook itself names, so nothing that is decided meanwhile can change it.
"""

from maestrod.api.event import EventReport
from maestrod.api.permission import PermissionAsk
from maestrod.core.values.command import Actor, Command
from maestrod.engine.ports import HookReader


def hook_command(read: HookReader, method: str, params: EventReport | PermissionAsk, actor: Actor) -> Command:
    """The command of ``event.report`` or ``permission.ask``, with what the agent's adapter reads in the payload."""
    return Command(method, params, actor, read(params.agent or "", params.event, params.payload))
