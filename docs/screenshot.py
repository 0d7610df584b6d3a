"""Make the picture of the README: the quickstart in a real terminal (tmux), half way, as docs/run.svg.

    python docs/screenshot.py [SECONDS]

The screen is what tmux shows after SECONDS (default 12); nothing is drawn by hand.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
COLUMNS, LINES = 100, 40
COMMAND = 'maestroctl run "Check this repository" --agent shell --planner examples/plan-repository'


def main() -> None:
    """Run, look, draw."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 12.0
    home = Path(tempfile.mkdtemp(prefix="mp."))
    screen = _screen(home, seconds)
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text("$ " + COMMAND, style="bold"))
    console.print(Text.from_ansi(screen.rstrip()))
    (ROOT / "docs" / "run.svg").write_text(_self_contained(console.export_svg(title="maestroctl run")))
    shutil.rmtree(home, ignore_errors=True)


def _self_contained(svg: str) -> str:
    """The picture without fonts from elsewhere: it is looked at offline too."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")


def _screen(home: Path, seconds: float) -> str:
    """What the terminal shows, with its colours."""
    env = {**os.environ, "MAESTRO_HOME": str(home / "m"), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    tmux = ["tmux", "-L", f"maestro-{os.getpid()}"]
    size = ["-x", str(COLUMNS), "-y", str(LINES)]
    subprocess.run([*tmux, "new-session", "-d", "-s", "run", *size, COMMAND], env=env, cwd=ROOT, check=True)
    try:
        time.sleep(seconds)
        shown = subprocess.run(
            [*tmux, "capture-pane", "-p", "-e", "-t", "run"], capture_output=True, text=True, check=True
        )
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
        stop = ["maestroctl", "--no-autostart", "daemon", "stop", "--sessions", "stop"]
        subprocess.run(stop, env=env, cwd=ROOT, check=False, capture_output=True)
    return shown.stdout


if __name__ == "__main__":
    main()
