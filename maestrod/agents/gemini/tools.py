"""Summarizes the calls of Gemini's tools."""

from typing import Any

from maestrod.agents.kit.json_lines import Members, json_text

#: Members of a tool's input, the most telling first.
_TELLING = ("command", "file_path", "absolute_path", "path", "dir_path", "pattern", "query", "prompt", "url")


def summary(arguments: Any) -> str:
    """Summarize a tool's input in one line: the command, the file, or the raw input."""
    members = Members(arguments)
    for name in _TELLING:
        line = members.line(name)
        if line:
            return line
    return json_text(arguments, 200) if members else ""
