"""P5: full commands of ``maestroctl``, against a minimal typer program of the same version."""

import sys
import tempfile
from pathlib import Path

from bench.daemon import daemon
from bench.hook import timed
from bench.table import Row, at_most, median_ratio

_MINIMAL = """\
import typer
app = typer.Typer()
@app.command()
def one() -> None: print("one")
@app.command()
def two() -> None: print("two")
app()
"""


def measure(*, quick: bool) -> list[Row]:
    """``status`` and a generated command."""
    rounds, runs = (3, 4) if quick else (7, 15)
    rows = []
    with daemon() as running, tempfile.TemporaryDirectory() as folder:
        minimal = Path(folder) / "minimal.py"
        minimal.write_text(_MINIMAL)
        floor = timed([sys.executable, str(minimal), "one"], runs, b"", running)
        for words in (["status"], ["task", "list"], ["session", "list", "--json"]):
            command = [str(Path(sys.executable).parent / "maestroctl"), *words]
            ratio, own, bare = median_ratio(rounds, timed(command, runs, b"", running), floor)
            detail = f"{own * 1e3:.0f} against {bare * 1e3:.0f} ms"
            rows.append(at_most("P5", f"maestroctl {' '.join(words)}", ratio, 1.3, detail))
    return rows
