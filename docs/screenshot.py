"""Make pictures of the command line in a real terminal (tmux): docs/run.svg, the quickstart half way, and docs/watch.svg.

    python docs/screenshot.py run|watch [SECONDS]

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
#: The name of a picture: its size in cells, what is typed, and what is at work already.
COMMAND = 'maestroctl run "Check this repository" --agent shell --planner examples/plan-repository'
PICTURES = {"run": (100, 40, COMMAND, ""), "watch": (120, 34, "maestroctl watch", f"{COMMAND} --detach")}


def main() -> None:
    """Run, look, draw."""
    name = sys.argv[1]
    columns, lines, command, before = PICTURES[name]
    home = Path(tempfile.mkdtemp(prefix="mp."))
    screen = _screen(home, (columns, lines), command, before, float(sys.argv[2]) if len(sys.argv) > 2 else 12.0)
    console = Console(record=True, width=columns, file=io.StringIO(), color_system="truecolor", force_terminal=True)
    if not before:  # a full screen has no line for what was typed
        console.print(Text("$ " + command, style="bold"))
    console.print(Text.from_ansi(screen.rstrip()))
    (ROOT / "docs" / f"{name}.svg").write_text(_self_contained(console.export_svg(title=command.partition(' "')[0])))
    shutil.rmtree(home, ignore_errors=True)


def _self_contained(svg: str) -> str:
    """The picture without fonts from elsewhere: it is looked at offline too."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")


def _screen(home: Path, cells: tuple[int, int], command: str, before: str, seconds: float) -> str:
    """What the terminal shows, with its colours."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "MAESTRO_HOME": str(home / "m"), "PATH": path, "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    if before:
        subprocess.run(before, shell=True, env=env, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S602  # ours
    tmux = ["tmux", "-L", f"maestro-{os.getpid()}", "-f", "/dev/null"]
    size = ["-x", str(cells[0]), "-y", str(cells[1])]
    hide = [";", "set", "-g", "status", "off"]
    subprocess.run([*tmux, "new-session", "-d", "-s", "run", *size, command, *hide], env=env, cwd=ROOT, check=True)
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
