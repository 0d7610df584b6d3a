"""Decide whether a tool of Gemini CLI may run: the program that its ``BeforeTool`` hook waits for.

    <absolute python> -I -S <folder>/gemini/gate.py --agent gemini --event ToolPermission  < the hook's JSON

Headless, Gemini CLI asks no one: its tools run unless this hook refuses them. So this program prints what ``decide.py``
would, and refuses the tool if that is nothing (no daemon, no decision).
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

REFUSED = {"decision": "deny", "reason": "maestrod was not available to decide about this tool; try it again later"}


def decided(arguments):
    """The daemon's decision; empty when there is none, or when this installation is incomplete."""
    try:
        import maestro_decide

        return maestro_decide.decide(arguments).strip()
    except Exception as error:  # noqa: BLE001 - no error may let the tool run
        sys.stderr.write(f"maestrod gate: no decision was made: {error or type(error).__name__}\n")
        return ""


sys.stdout.buffer.write((decided(sys.argv[1:]) or json.dumps(REFUSED)).encode())  # the agent reads UTF-8 in any locale
