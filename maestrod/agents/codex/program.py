"""Finds Codex. npm installs a Node wrapper that starts the real program and cannot forward SIGKILL to it, so we start the
real program directly.
"""

from pathlib import Path

from maestrod.agents.kit.installed import WantedProgram, required

PROGRAM = WantedProgram(
    command="codex",
    packages=("@openai/codex",),
    oldest=(0, 169, 0),
    before=(1, 0, 0),
    tested="0.169.0",
    install="get it with `npm install -g @openai/codex`",
)


def program(search: str | None) -> Path:
    """The program to start. Raises ``Unavailable``, which says what is missing."""
    found = required("codex", PROGRAM, search)
    return native(found) or found


def native(wrapper: Path) -> Path | None:
    """The real program, in this platform's package beside the wrapper's or below it; None when this is no wrapper."""
    real = wrapper.resolve()
    if real.suffix != ".js":
        return None
    package = real.parent.parent
    for place in (package / "node_modules" / "@openai", package.parent):
        for found in sorted(place.glob("codex-*/vendor/*/bin/codex")):
            return found
    return None
