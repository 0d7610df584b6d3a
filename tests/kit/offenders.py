"""Runs one check over many rows and lists every offender.

def faults(row):
    if row.summary.endswith("."):
        yield f"the summary ends with a full stop: remove it from {row.summary!r}"

assert offenders(METHODS, faults) == {}
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

Row = TypeVar("Row")


def offenders(rows: Mapping[str, Row], faults: Callable[[Row], Iterable[str] | None]) -> dict[str, list[str]]:
    """The faults of each row, by its name; rows without faults are left out.

    ``faults`` yields what is wrong and how to fix it, or asserts. A row for which it raises is an offender too, so that no row hides others.
    """
    return {name: found for name, row in rows.items() if (found := _faults_of(row, faults))}


def _faults_of(row: Row, faults: Callable[[Row], Iterable[str] | None]) -> list[str]:
    found: list[str] = []
    try:
        found += faults(row) or ()
    except Exception as error:  # noqa: BLE001 - whatever a broken row raises is its fault
        found += _said(error)
    return found


def _said(error: BaseException) -> Iterator[str]:
    """Each single error in the exception, with its notes (where Hypothesis gives the example)."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _said(each)
    else:
        yield f"{type(error).__name__}: " + "\n".join([str(error), *getattr(error, "__notes__", ())])
