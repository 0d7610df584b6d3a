"""One name for the same tool of different agents, so that a project's permissions apply to all of them.

The names are Claude Code's, which Codex's hooks use too. A tool that is not in the table keeps its own name.
"""

from collections.abc import Mapping

#: The common names, by the names in Gemini CLI (0.61) or OpenCode (1.18).
_COMMON: Mapping[str, str] = {
    "run_shell_command": "Bash",
    "bash": "Bash",
    "replace": "Edit",
    "edit": "Edit",
    "patch": "Edit",
    "multiedit": "Edit",
    "write_file": "Write",
    "write": "Write",
    "read_file": "Read",
    "read_many_files": "Read",
    "read": "Read",
    "list_directory": "LS",
    "list": "LS",
    "glob": "Glob",
    "grep_search": "Grep",
    "search_file_content": "Grep",
    "grep": "Grep",
    "web_fetch": "WebFetch",
    "webfetch": "WebFetch",
    "google_web_search": "WebSearch",
    "websearch": "WebSearch",
    "task": "Task",
}


def common_name(tool: str) -> str:
    """The name of a tool in policies and for people."""
    return _COMMON.get(tool, tool)
