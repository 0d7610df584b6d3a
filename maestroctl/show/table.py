"""Plain tables: columns as wide as their cells, without decoration, for pipes and screen readers.

These are not rich's tables, because importing rich takes as long as the rest of a listing.
"""

import unicodedata
from collections.abc import Iterable, Sequence

_GAP = "  "


def width(text: str) -> int:
    """The width of a text on a terminal: East Asian wide characters two, combining ones none (UAX #11)."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def clip(text: str, cells: int) -> str:
    """The text in at most ``cells`` cells, with an ellipsis if it was cut."""
    if width(text) <= cells:
        return text
    while text and width(text) > cells - 1:
        text = text[:-1]
    return text + "…"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, limit: int | None = None) -> list[str]:
    """The lines of a table; the last column is clipped so that lines fit into ``limit`` cells."""
    cells = [tuple(headings), *(tuple(row) for row in rows)]
    widths = [max(width(row[column]) for row in cells) for column in range(len(headings))]
    return [_line(row, widths, limit) for row in cells]


def _line(row: Sequence[str], widths: Sequence[int], limit: int | None) -> str:
    padded = [cell + " " * (column - width(cell)) for cell, column in zip(row, widths, strict=True)]
    line = _GAP.join(padded).rstrip()
    return line if limit is None else clip(line, limit)
