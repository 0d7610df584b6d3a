"""Settle whether a tool of Gemini CLI may run: the program its ``BeforeTool`` hook waits for.

    <absolute python> -I -S <folder>/gemini/gate.py --agent gemini --event ToolPermission  < the hook's JSON

Headless, Gemini CLI asks nobody: its tools run, or this hook refuses them. So what ``decide.py`` prints is passed on, and where it
prints nothing (no daemon, no decision) the tool is refused.
"""

import json
import subprocess
import sys
from pathlib import Path

DECIDE = Path(__file__).parent.parent / "decide.py"
REFUSED = {"decision": "deny", "reason": "maestrod was not there to decide about this tool; try it again later"}


def main(arguments):
    """Print the decision; the exit status is always 0, since the decision says all there is."""
    command = [sys.executable, "-I", "-S", str(DECIDE), *arguments]
    decided = subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout
    sys.stdout.write(decided.decode("utf-8", "replace").strip() or json.dumps(REFUSED))


main(sys.argv[1:])
