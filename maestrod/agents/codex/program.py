"""Where Codex is. npm puts a Node program in front that starts the real one and passes SIGKILL on to nobody, so the real one
is started itself.
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
    """The program to start. Raises ``Unavailable`` saying what is missing."""
    found = required("codex", PROGRAM, search)
    return native(found) or found


def native(wrapper: Path) -> Path | None:
    """The real program in the package of this platform, beside the wrapper's or below it; None when there is no wrapper."""
    real = wrapper.resolve()
    if real.suffix != ".js":
        return None
    package = real.parent.parent
    for place in (package / "node_modules" / "@openai", package.parent):
        for found in sorted(place.glob("codex-*/vendor/*/bin/codex")):
            return found
    return None
