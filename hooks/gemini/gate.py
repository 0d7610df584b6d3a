"""Settle whether a tool of Gemini CLI may run: the program its ``BeforeTool`` hook waits for.

    <absolute python> -I -S <folder>/gemini/gate.py --agent gemini --event ToolPermission  < the hook's JSON

Headless, Gemini CLI asks nobody: its tools run, or this hook refuses them. So what ``decide.py`` prints is passed on, and where it
prints nothing (no daemon, no decision) the tool is refused. Reports are let through: a command line that is one
``maestroctl`` command and nothing else.
"""

import json
import shlex
import subprocess
import sys
from pathlib import Path

DECIDE = Path(__file__).parent.parent / "decide.py"
REFUSED = {"decision": "deny", "reason": "maestrod was not there to decide about this tool; try it again later"}


def main(arguments):
    """Print the decision; the exit status is always 0, since the decision says all there is."""
    payload = sys.stdin.buffer.read()
    if is_report(payload):
        return
    decided = subprocess.run(
        [sys.executable, "-I", "-S", str(DECIDE), *arguments], input=payload, stdout=subprocess.PIPE, check=False
    ).stdout
    sys.stdout.write(decided.decode("utf-8", "replace").strip() or json.dumps(REFUSED))


def is_report(payload):
    """Whether the tool is a shell that is to run one ``maestroctl`` command."""
    try:
        call = json.loads(payload)
        command = call["tool_input"]["command"]
        words = shlex.shlex(command, posix=True, punctuation_chars=True)
        words.whitespace_split = True
        words.commenters = ""
        tokens = list(words)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return False
    if call.get("tool_name") != "run_shell_command" or tokens[:1] != ["maestroctl"]:
        return False
    joined = any(token and not set(token) - set("();<>|&") for token in tokens)
    return not joined and not any(sign in command for sign in ("`", "$", "\n", "\\"))


main(sys.argv[1:])
