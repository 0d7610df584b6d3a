"""Options that several verbs have in common."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")]
JsonLines = Annotated[bool, typer.Option("--jsonl", help="Stream results as JSON documents, one per line.")]
TimeoutMs = Annotated[
    int | None, typer.Option("--timeout-ms", min=0, help="Give up after this many milliseconds, with exit code 124.")
]
ExitOnQuestion = Annotated[
    bool, typer.Option("--exit-on-question", help="Exit with code 75 when the run is blocked on your answer.")
]
SessionArgument = Annotated[str, typer.Argument(metavar="SESSION", help="A session's id or a unique part of it.")]
