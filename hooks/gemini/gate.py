"""Settle whether a tool of Gemini CLI may run: the program its ``BeforeTool`` hook waits for.

    <absolute python> -I -S <folder>/gemini/gate.py --agent gemini --event ToolPermission  < the hook's JSON

Headless, Gemini CLI asks nobody: its tools run, or this hook refuses them. So what ``decide.py`` prints is passed on, and where it
prints nothing (no daemon, no decision) the tool is refused.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

REFUSED = {"decision": "deny", "reason": "maestrod was not there to decide about this tool; try it again later"}


def decided(arguments):
    """What the daemon has decided; empty when it has not, or this installation is not whole."""
    try:
        import maestro_decide

        return maestro_decide.decide(arguments).strip()
    except Exception as error:  # noqa: BLE001 - whatever it is, the tool must not run because of it
        sys.stderr.write(f"maestrod gate: nothing was decided: {error or type(error).__name__}\n")
        return ""


sys.stdout.buffer.write((decided(sys.argv[1:]) or json.dumps(REFUSED)).encode())  # the agent reads UTF-8 in any locale
