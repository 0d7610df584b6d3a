"""The rows of the result: a figure, its floor, their ratio, and the quality target."""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """``ratio`` is our figure divided by the floor (or an absolute figure, as ``unit`` says). ``met``: the ``target`` is met."""

    number: str
    what: str
    ratio: float | None
    target: str
    met: bool | None
    detail: str = ""
    unit: str = "×"


def at_least(number: str, what: str, ratio: float, target: float, detail: str = "", unit: str = "×") -> Row:
    """A row whose figure must be at least the target."""
    return Row(number, what, ratio, f"≥ {target:g}", ratio >= target, detail, unit)


def at_most(number: str, what: str, ratio: float, target: float, detail: str = "", unit: str = "×") -> Row:
    """A row whose figure must be at most the target."""
    return Row(number, what, ratio, f"≤ {target:g}", ratio <= target, detail, unit)


def skipped(number: str, what: str, why: str) -> Row:
    """A row that could not be measured here."""
    return Row(number, what, None, "", None, why)


def median_ratio(rounds: int, ours: Callable[[], float], floor: Callable[[], float]) -> tuple[float, float, float]:
    """Measure both in turns; the median ratio of the rounds, and the medians of both."""
    pairs = []
    for number in range(rounds):
        if number % 2:
            bare = floor()
            pairs.append((ours(), bare))
        else:
            own = ours()
            pairs.append((own, floor()))
    ratio = statistics.median(own / bare for own, bare in pairs)
    return ratio, statistics.median(own for own, _ in pairs), statistics.median(bare for _, bare in pairs)


def show(rows: Sequence[Row]) -> None:
    """Print the table."""
    table = Table("", "what", "figure", "target", "", "detail", box=None, pad_edge=False)
    for row in rows:
        figure = "–" if row.ratio is None else f"{row.ratio:.3g} {row.unit}"
        mark = {True: "[green]met[/]", False: "[red]missed[/]", None: "[dim]–[/]"}[row.met]
        table.add_row(row.number, row.what, figure, row.target, mark, row.detail)
    Console(width=170).print(table)


def save(rows: Sequence[Row], path: Path) -> None:
    """Write the rows as JSON."""
    path.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
