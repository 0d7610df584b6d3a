"""Make pictures of the command line in a real terminal (tmux): docs/run.svg, which moves, and docs/watch.svg, which does not.

    python docs/screenshot.py run|watch

The screens are what tmux shows; nothing is drawn by hand. `run` records a whole run of `make demo`, keeps at most FRAMES screens that
differ, and plays them in PLAYED seconds. Readers who asked their system for less motion see the last screen.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from html import escape
from itertools import pairwise
from pathlib import Path

from rich.color import ColorType
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME as THEME
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
COMMAND = 'maestroctl run "Check this repository" --agent shell --planner examples/plan-repository'
#: The name of a picture: its size in cells, what is typed, and what is at work already.
PICTURES = {"run": (100, 34, COMMAND, ""), "watch": (120, 34, "maestroctl watch", f"{COMMAND} --detach")}
#: Screens kept, seconds between two looks, seconds that the picture plays, and its share of those for the last screen.
FRAMES, LOOK, PLAYED, LAST = 48, 0.5, 20.0, 0.2
#: Seconds until `watch` is worth a picture, and the longest that a run may take.
SETTLED, PATIENCE = 12.0, 900.0
#: Pixels of a cell at 14 px, and of the frame around the screen.
CELL, LINE, FRAME, TITLE = 8.43, 18, 12, 34


def main() -> None:
    """Run, look, draw."""
    name = sys.argv[1]
    columns, lines, command, before = PICTURES[name]
    home = Path(tempfile.mkdtemp(prefix="mp."))
    screens = record(home, (columns, lines), command, before)
    shutil.rmtree(home, ignore_errors=True)
    typed = [] if before else [Text("$ " + command, style="bold")]  # a full screen has no line for what was typed
    frames = [typed + [Text.from_ansi(line) for line in screen.rstrip("\n").split("\n")] for screen in chosen(screens)]
    used = max(len(frame) for frame in frames) if typed else lines
    (ROOT / "docs" / f"{name}.svg").write_text(drawing(frames, columns, used, command.partition(' "')[0]))


def record(home: Path, cells: tuple[int, int], command: str, before: str) -> list[str]:
    """What the terminal shows, with its colours: over the whole run, or once when something is at work already."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "MAESTRO_HOME": str(home / "m"), "PATH": path, "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    if before:
        subprocess.run(before, shell=True, env=env, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S602  # ours
    tmux = ["tmux", "-L", f"maestro-{os.getpid()}", "-f", "/dev/null"]
    size = ["-x", str(cells[0]), "-y", str(cells[1])]
    hide = [";", "set", "-g", "status", "off", ";", "set", "-g", "remain-on-exit", "on"]
    subprocess.run([*tmux, "new-session", "-d", "-s", "run", *size, command, *hide], env=env, cwd=ROOT, check=True)
    try:
        if not before:
            return list(looks(tmux))
        time.sleep(SETTLED)
        return [look(tmux)]
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
        stop = ["maestroctl", "--no-autostart", "daemon", "stop", "--sessions", "stop"]
        subprocess.run(stop, env=env, cwd=ROOT, check=False, capture_output=True)


def look(tmux: list[str]) -> str:
    """The screen as it is now."""
    shown = [*tmux, "capture-pane", "-p", "-e", "-t", "run"]
    return subprocess.run(shown, capture_output=True, text=True, check=True).stdout


def looks(tmux: list[str]) -> Iterator[str]:
    """Every screen until the command has ended."""
    until = time.monotonic() + PATIENCE
    dead = [*tmux, "display-message", "-p", "-t", "run", "#{pane_dead}"]
    while time.monotonic() < until:
        ended = subprocess.run(dead, capture_output=True, text=True, check=True).stdout.strip() == "1"
        screen = look(tmux)
        yield screen.partition("Pane is dead")[0].rstrip() + "\n" if ended else screen
        if ended:
            return
        time.sleep(LOOK)
    raise TimeoutError(f"the run takes longer than {PATIENCE:.0f} s")


def chosen(screens: list[str]) -> list[str]:
    """At most ``FRAMES`` screens that differ from the one before: the first, the last, and some evenly in between."""
    differing = [
        screen for number, screen in enumerate(screens) if screen.strip() and screen != screens[number - 1 or 0]
    ]
    step = max(1.0, (len(differing) - 1) / (FRAMES - 1))
    kept = [differing[round(number * step)] for number in range(int((len(differing) - 1) / step))] if differing else []
    return [*kept, screens[-1]]


def drawing(frames: list[list[Text]], columns: int, lines: int, title: str) -> str:
    """The picture. A row that stays the same over several screens is drawn once, and shown as long as it stays."""
    width, height = round(columns * CELL + 2 * FRAME), lines * LINE + TITLE + FRAME
    shown: dict[tuple[int, int], list[str]] = {}
    for row in range(lines):
        for first, last, text in stays([frame[row] if row < len(frame) else Text() for frame in frames]):
            if text.plain.strip():
                shown.setdefault((first, last), []).append(line_of(text, row))
    moves = len(frames) > 1
    groups = (
        [f'<g class="{name_of(*span)}">{"".join(rows)}</g>' for span, rows in shown.items()]
        if moves
        else ["".join(rows) for rows in shown.values()]
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            f"<title>{escape(title)}</title><style>",
            f"text{{font:14px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre;fill:{ink(None)}}}",
            *(motion(list(shown), len(frames)) if moves else []),
            "</style>",
            f'<rect width="{width}" height="{height}" rx="8" fill="{THEME.background_color.hex}"/>',
            *(
                f'<circle cx="{18 + 18 * n}" cy="17" r="5.5" fill="{c}"/>'
                for n, c in enumerate(("#ff5f57", "#febc2e", "#28c840"))
            ),
            f'<text x="{width / 2}" y="22" text-anchor="middle">{escape(title)}</text>',
            *groups,
            "</svg>\n",
        ]
    )


def stays(rows: list[Text]) -> Iterator[tuple[int, int, Text]]:
    """Runs of equal rows: the first and the last screen that has them, and the row."""
    first = 0
    for number in range(1, len(rows) + 1):
        if number == len(rows) or rows[number].markup != rows[first].markup:
            yield first, number - 1, rows[first]
            first = number


def name_of(first: int, last: int) -> str:
    """The class of rows that are shown from one screen to another."""
    return f"f{first}-{last}"


def motion(spans: list[tuple[int, int]], frames: int) -> Iterator[str]:
    """The style of each class: hidden but between its screens; the last screen stays longer than the others."""
    step = 100 * (1 - LAST) / (frames - 1)
    for first, last in spans:
        name, end = name_of(first, last), 100 if last == frames - 1 else (last + 1) * step
        if (first, last) == (0, frames - 1):
            continue
        begin = f"0%{{visibility:hidden}}{first * step:.2f}%" if first else "0%"
        stop = f"{end:.2f}%{{visibility:hidden}}" if last < frames - 1 else ""
        yield f"@keyframes {name}{{{begin}{{visibility:visible}}{stop}}}"
        yield f".{name}{{visibility:hidden;animation:{name} {PLAYED}s step-end infinite}}"
    still = [f".{name_of(*span)}" for span in spans]
    last_ones = [f".{name_of(*span)}" for span in spans if span[1] == frames - 1]
    yield f"@media(prefers-reduced-motion){{{','.join(still)}{{animation:none}}{','.join(last_ones)}{{visibility:visible}}}}"


def line_of(text: Text, row: int) -> str:
    """One row: a piece per style, each at its own cell, so that no font can shift what follows."""
    y = TITLE + row * LINE + 14
    spans = []
    for start, end, style in pieces(text):
        part = text.plain[start:end]
        if part.strip():
            bold = ' font-weight="700"' if style.bold else ""
            faint = ' opacity="0.6"' if style.dim else ""
            fill = f' fill="{ink(style)}"' if style.color else ""
            spans.append(f'<tspan x="{FRAME + start * CELL:.1f}"{fill}{bold}{faint}>{escape(part.rstrip())}</tspan>')
    return f'<text y="{y}">{"".join(spans)}</text>'


def pieces(text: Text) -> Iterator[tuple[int, int, Style]]:
    """The stretches of a row that have one style."""
    edges = sorted({0, len(text), *(edge for span in text.spans for edge in (span.start, span.end))})
    for start, end in pairwise(edges):
        found = [span.style for span in text.spans if span.start <= start and end <= span.end]
        yield start, end, Style.combine([Style(), *(style for style in found if isinstance(style, Style))])


def ink(style: Style | None) -> str:
    """The colour of letters, as a hexadecimal code."""
    if style is None or style.color is None or style.color.type is ColorType.DEFAULT:
        return THEME.foreground_color.hex
    return style.color.get_truecolor(THEME).hex


if __name__ == "__main__":
    main()
