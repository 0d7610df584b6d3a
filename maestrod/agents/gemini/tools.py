"""What Gemini's tools are about to do, in one line."""

from typing import Any

from maestrod.agents.kit.json_lines import Members, json_text

#: Members of a tool's input that say it best, the first that is there counts.
_TELLING = ("command", "file_path", "absolute_path", "path", "dir_path", "pattern", "query", "prompt", "url")


def summary(arguments: Any) -> str:
    """The command, the file, or the input as it is."""
    members = Members(arguments)
    for name in _TELLING:
        line = members.line(name)
        if line:
            return line
    return json_text(arguments, 200) if members else ""
